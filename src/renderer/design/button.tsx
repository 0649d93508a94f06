import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components';
import { Kbd } from './kbd';
import { Tooltip } from './tooltip';

export interface ButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  variant?: 'default' | 'primary' | 'quiet' | 'danger';
  size?: 'small' | 'medium' | 'big';
  icon?: ReactNode;
  /** The key that does the same, shown after the text. */
  shortcut?: string;
  className?: string;
  children: ReactNode;
}

export function Button({ variant = 'default', size = 'medium', icon, shortcut, className = '', children, ...rest }: ButtonProps) {
  return (
    <AriaButton {...rest} className={`button ${variant} ${size} ${className}`}>
      {icon}
      {children}
      {shortcut && <Kbd>{shortcut}</Kbd>}
    </AriaButton>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, 'className' | 'style' | 'children'> {
  /** What it does: its accessible name and its tooltip. */
  label: string;
  icon: ReactNode;
  size?: 'small' | 'medium';
  shortcut?: string;
  className?: string;
}

export function IconButton({ label, icon, size = 'medium', shortcut, className = '', ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(shortcut && { shortcut })}>
      <AriaButton {...rest} aria-label={label} className={`button quiet icon-only ${size} ${className}`}>
        {icon}
      </AriaButton>
    </Tooltip>
  );
}
