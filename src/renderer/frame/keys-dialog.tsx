import { Dialog, Kbd } from '../design';
import { openLayer, useWindow } from '../state/window';

const groups: [string, [string[], string][]][] = [
  ['Everywhere', [[['Ctrl', 'K'], 'find anything'], [['N'], 'new experiment'], [['/'], 'filter the list'], [['['], 'show or hide the list'], [['?'], 'these keys']]],
  ['Lists of runs', [[['J', 'K'], 'down and up; arrows too'], [['Enter'], 'open'], [['X'], 'select; Shift extends'], [['C'], 'compare the selection'], [['Esc'], 'select nothing']]],
  ['New experiment', [[['Ctrl', 'Enter'], 'start']]],
  ['A run', [[['Space'], 'pause or continue'], [['J', 'K'], 'next and previous run'], [['L'], 'log scale of the curves'], [['F'], 'fill the stage with a panel'], [['Esc'], 'back from it']]],
  ['Compare', [[['L'], 'log scale of the curves'], [['F'], 'fill the stage with a panel']]],
  ['A data set', [[[',', '.'], 'pages of examples; arrows too']]],
  ['Recipes', [[['J', 'K'], 'down and up; arrows too'], [['C'], 'compare the runs of a start'], [['Esc'], 'back to all']]],
];

export function KeysDialog() {
  const isOpen = useWindow((state) => state.layer === 'keys');
  return (
    <Dialog title="Keys" isOpen={isOpen} onClose={() => openLayer(null)}>
      <div className="keys">
        {groups.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([names, does]) => (
                <div key={does}>
                  <dt>
                    <span className="heard">{names.join(' ')}</span>
                    {names.map((name) => (
                      <Kbd key={name}>{name}</Kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
