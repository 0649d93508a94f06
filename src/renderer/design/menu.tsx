import type { ReactNode } from 'react';
import { Button, Menu as AriaMenu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { Kbd } from './kbd';

export interface MenuAction {
  id: string;
  label: string;
  icon?: ReactNode;
  shortcut?: string;
  danger?: boolean;
  isDisabled?: boolean;
  onAction: () => void;
}

/** A button that opens a list of actions. Without `text` the button shows its icon alone. */
export function Menu({ label, icon, text, items, size = 'medium' }: { label: string; icon?: ReactNode; text?: string; items: readonly MenuAction[]; size?: 'small' | 'medium' }) {
  return (
    <MenuTrigger>
      <Button aria-label={label} className={`button quiet ${text ? '' : 'icon-only'} ${size}`}>
        {icon}
        {text}
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <AriaMenu className="listbox" onAction={(key) => items.find((item) => item.id === key)?.onAction()}>
          {items.map((item) => (
            <MenuItem key={item.id} id={item.id} textValue={item.label} isDisabled={item.isDisabled ?? false} className={`option ${item.danger ? 'danger' : ''}`}>
              {item.icon}
              <span>{item.label}</span>
              {item.shortcut && <Kbd>{item.shortcut}</Kbd>}
            </MenuItem>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
