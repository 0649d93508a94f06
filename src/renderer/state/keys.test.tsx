import { fireEvent, render, screen } from '@testing-library/react';
import { Button, Radio, RadioGroup } from 'react-aria-components';
import { beforeEach, describe, expect, it } from 'vitest';
import { useKeys } from './keys';

let heard: string[];
const hear = (name: string) => () => void heard.push(name);

function Page({ dialog = false }: { dialog?: boolean }) {
  useKeys({ j: hear('j'), Enter: hear('Enter'), ArrowDown: hear('ArrowDown'), 'Ctrl+Enter': hear('Ctrl+Enter'), 'Shift+x': hear('Shift+x'), '?': hear('?') });
  return (
    <>
      <input aria-label="text" />
      <input aria-label="check" type="checkbox" />
      <Button>press</Button>
      <RadioGroup aria-label="choice">
        <Radio value="a">a</Radio>
        <Radio value="b">b</Radio>
      </RadioGroup>
      {dialog && <div className="scrim" />}
    </>
  );
}
const press = (on: Element, key: string, more: object = {}): void => void fireEvent.keyDown(on, { key, bubbles: true, ...more });

beforeEach(() => (heard = []));

describe('keys of a view', () => {
  it('are heard anywhere on the page, by what the key writes', () => {
    render(<Page />);
    press(document.body, 'j');
    press(document.body, 'X', { shiftKey: true });
    press(document.body, '?', { shiftKey: true });
    press(screen.getByRole('checkbox'), 'j');
    expect(heard).toEqual(['j', 'Shift+x', '?', 'j']);
  });

  it('leave alone one who types, a button’s Enter and a control’s arrows', () => {
    render(<Page />);
    press(screen.getByRole('textbox'), 'j');
    press(screen.getByRole('button'), 'Enter');
    press(screen.getAllByRole('radio')[0] as Element, 'ArrowDown');
    press(document.body, 'j', { ctrlKey: true });
    expect(heard).toEqual([]);
  });

  it('with Ctrl are heard from a field and from a button', () => {
    render(<Page />);
    press(screen.getByRole('textbox'), 'Enter', { ctrlKey: true });
    press(screen.getByRole('button'), 'Enter', { ctrlKey: true });
    expect(heard).toEqual(['Ctrl+Enter', 'Ctrl+Enter']);
  });

  it('are silent behind a dialog', () => {
    render(<Page dialog />);
    press(document.body, 'j');
    press(document.body, 'Enter', { ctrlKey: true });
    expect(heard).toEqual([]);
  });
});
