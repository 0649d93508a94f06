import { dialog, type BrowserWindow } from 'electron';

export type CloseAnswer = 'keep-training' | 'stop-and-quit' | 'cancel';

const answers: CloseAnswer[] = ['keep-training', 'stop-and-quit', 'cancel'];

/** Asks what closing the window means for the runs that train. */
export async function askOnClose(window: BrowserWindow, training: number): Promise<{ answer: CloseAnswer; remember: boolean }> {
  const { response, checkboxChecked } = await dialog.showMessageBox(window, {
    type: 'question',
    title: 'Elbo',
    message: training === 1 ? 'A run is training.' : `${training} runs are training.`,
    detail: 'It can go on without a window: start Elbo again to look at it. Or it stops with a checkpoint, from which it can be resumed.',
    buttons: ['Keep training', 'Stop and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
    checkboxLabel: 'Remember my answer',
  });
  const answer = answers[response] ?? 'cancel';
  return { answer, remember: checkboxChecked && answer !== 'cancel' };
}
