import { X } from 'lucide-react';
import { Text, UNSTABLE_Toast as Toast, UNSTABLE_ToastContent as ToastContent, UNSTABLE_ToastQueue as ToastQueue, UNSTABLE_ToastRegion as ToastRegion } from 'react-aria-components';
import { errorFrom } from '../../contract/errors';
import { IconButton } from './button';

interface Message {
  title: string;
  text?: string | undefined;
  tone: 'plain' | 'bad';
}

const queue = new ToastQueue<Message>({ maxVisibleToasts: 3 });

/** A short word about something that was done. Goes by itself. */
export const toast = (title: string, text?: string): void => void queue.add({ title, text, tone: 'plain' }, { timeout: 6000 });

/** What went wrong and what to do. Stays until it is closed. */
export function toastError(thrown: unknown): void {
  const error = errorFrom(thrown);
  queue.add({ title: error.message, text: error.repair, tone: 'bad' });
}

export const Toasts = () => (
  <ToastRegion queue={queue} className="toasts" aria-label="Notices">
    {({ toast: item }) => (
      <Toast toast={item} className={`toast ${item.content.tone}`}>
        <ToastContent className="toast-content">
          <Text slot="title">{item.content.title}</Text>
          {item.content.text && <Text slot="description">{item.content.text}</Text>}
        </ToastContent>
        <IconButton slot="close" label="Dismiss" size="small" icon={<X aria-hidden size={13} />} />
      </Toast>
    )}
  </ToastRegion>
);
