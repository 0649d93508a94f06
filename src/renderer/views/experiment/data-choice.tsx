import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import type { DatasetInfo } from '../../../contract/datasets';
import { Button, Dialog } from '../../design';
import { go } from '../../state/route';
import { countsInWords, shapeInWords } from '../data/dataset-words';
import { Thumbnails } from '../data/thumbnails';

/** The chosen data set with its first pictures, and a dialog to choose another. */
export function DataChoice({ datasets, value, onChange, error }: { datasets: readonly DatasetInfo[]; value: string; onChange: (data: DatasetInfo) => void; error: string | undefined }) {
  const [open, setOpen] = useState(false);
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
        onClose={() => setOpen(false)}
        size="large"
        footer={
          <Button
            onPress={() => {
              setOpen(false);
              go({ view: 'data' });
            }}
          >
            Import your own
          </Button>
        }
      >
        <ul className="data-list">
          {datasets.map((each) => (
            <li key={each.id}>
              <AriaButton
                className={`data-option ${each.id === value ? 'on' : ''}`}
                aria-label={each.title}
                onPress={() => {
                  onChange(each);
                  setOpen(false);
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
      </Dialog>
    </>
  );
}
