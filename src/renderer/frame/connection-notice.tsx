import { useEffect, useState } from 'react';
import { useConnectionStatus } from '../client/hooks';
import { Button } from '../design';

/** Says when the core cannot be reached. The very first moments of a connection are not worth a word. */
export function ConnectionNotice() {
  const status = useConnectionStatus();
  const [patient, setPatient] = useState(true);
  useEffect(() => {
    const timer = window.setTimeout(() => setPatient(false), 1500);
    return () => window.clearTimeout(timer);
  }, []);
  if (status === 'connected' || (status === 'reconnecting' && patient)) return null;
  return (
    <div className="notice" role="alert">
      {status === 'reconnecting' ? (
        'Reconnecting to the core. What is on the screen is stored.'
      ) : (
        <>
          The core does not answer. Start it again with <code className="mono">npm start</code>; this page goes on trying.
          <Button size="small" onPress={() => location.reload()}>
            Load the page again
          </Button>
        </>
      )}
    </div>
  );
}
