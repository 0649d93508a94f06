import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { DatasetInfo } from '../../../contract/datasets';
import { Button, Dialog, SearchField } from '../../design';
import { go } from '../../state/route';
import { countsInWords, shapeInWords } from '../data/dataset-words';
import { Thumbnails } from '../data/thumbnails';
import { holds } from './filter';

/** The chosen data set with its first pictures, and a dialog to choose another. */
export function DataChoice({ datasets, value, onChange, error }: { datasets: readonly DatasetInfo[]; value: string; onChange: (data: DatasetInfo) => void; error: string | undefined }) {
  const [open, setOpen] = useState(false);
  const [filter, setFilter] = useState('');
  const found = datasets.filter((each) => holds(`${each.title} ${each.id} ${shapeInWords(each)}`, filter));
  const close = (): void => {
    setOpen(false);
    setFilter('');
  };
  const data = datasets.find((each) => each.id === value);
  return (
    <>
      <div className={`data-choice ${error ? 'refused' : ''}`}>
        {data ? <Thumbnails dataset={data} columns={7} rows={2} height={56} /> : <span className="no-data">{value}</span>}
        <div>
          <b>{data?.title ?? `There is no data set ${value}`}</b>
          <p className="mid">{data && shapeInWords(data)}</p>
          <p className="mid tabular">{data && countsInWords(data)}</p>
        </div>
        <span className="spacer" />
        <Button onPress={() => setOpen(true)} aria-label="Change the data set">
          Change
        </Button>
      </div>
      {error && <p className="field-error">{error}</p>}
      <Dialog
        title="Choose a data set"
        isOpen={open}
        onClose={close}
        size="large"
        footer={
          <Button
            onPress={() => {
              close();
              go({ view: 'data' });
            }}
          >
            Import your own
          </Button>
        }
      >
        <SearchField label="Find a data set" value={filter} onChange={setFilter} />
        <ul className="data-list">
          {found.map((each) => (
            <li key={each.id}>
              <AriaButton
                className={`data-option ${each.id === value ? 'on' : ''}`}
                aria-label={each.title}
                onPress={() => {
                  onChange(each);
                  close();
                }}
              >
                <Thumbnails dataset={each} columns={9} rows={2} height={56} />
                <span>
                  <b>{each.title}</b>
                  <span className="mid">{shapeInWords(each)}</span>
                  <span className="mid tabular">{countsInWords(each)}</span>
                </span>
              </AriaButton>
            </li>
          ))}
        </ul>
        {found.length === 0 && <p className="faint">No data set is called “{filter}”.</p>}
      </Dialog>
    </>
  );
}
