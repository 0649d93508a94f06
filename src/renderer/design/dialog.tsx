import type { ReactNode } from 'react';
import { X } from 'lucide-react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { IconButton } from './button';

/** A modal dialog: Escape and a click outside close it, focus stays inside and goes back where it was. */
export function Dialog(props: { title: string; isOpen: boolean; onClose: () => void; size?: 'small' | 'medium' | 'large'; footer?: ReactNode; children: ReactNode }) {
  return (
    <ModalOverlay className="scrim" isOpen={props.isOpen} onOpenChange={(open) => !open && props.onClose()} isDismissable>
      <Modal className={`modal ${props.size ?? 'medium'}`}>
        <AriaDialog className="dialog">
          <header>
            <Heading slot="title">{props.title}</Heading>
            <IconButton label="Close" icon={<X aria-hidden size={16} />} onPress={props.onClose} />
          </header>
          <div className="dialog-body">{props.children}</div>
          {props.footer && <footer>{props.footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
