import { Menu, type MenuItemConstructorOptions } from 'electron';

/** The usual items. Everything particular to Elbo is in the page, where a browser tab has it too. */
export function setMenu(): void {
  const mac = process.platform === 'darwin';
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' as const }] : []),
    { label: 'File', submenu: [{ role: 'close' }, ...(mac ? [] : [{ type: 'separator' as const }, { role: 'quit' as const }])] },
    { role: 'editMenu' },
    { role: 'viewMenu' },
    { role: 'windowMenu' },
    ...(mac ? [] : [{ role: 'help' as const, submenu: [{ role: 'about' as const }] }]),
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
