import './compute.css';
import { CircleCheck, CircleX, Info, RefreshCw, TriangleAlert, Zap } from 'lucide-react';
import type { Finding } from '../../../contract/system';
import { useQuery } from '../../client/hooks';
import { Button, ErrorState, LoadingState } from '../../design';

const states: Record<Finding['state'], { icon: typeof Info; word: string }> = {
  ok: { icon: CircleCheck, word: 'in order' },
  missing: { icon: CircleX, word: 'missing' },
  broken: { icon: TriangleAlert, word: 'broken' },
  note: { icon: Info, word: 'note' },
};

/** Which device and library trains, how it was found, what would be faster. */
export function ComputeView() {
  const { data: doctor, error, loading, refresh } = useQuery('system.doctor', {});
  return (
    <main className="stage">
      <header className="head">
        <div>
          <h1>Compute</h1>
          <div className="sub">What trains here, how it was found, and what would be faster</div>
        </div>
        <span className="spacer" />
        <Button icon={<RefreshCw size={14} aria-hidden />} isDisabled={loading} onPress={refresh}>
          Look again
        </Button>
      </header>
      <div className="page">
        {error && !doctor && <ErrorState error={error} action={<Button variant="primary" onPress={refresh}>Look again</Button>} />}
        {!doctor && !error && <LoadingState title="Looking at this machine">The compute library is loaded and tried; this takes a few seconds.</LoadingState>}
        {doctor && (
          <>
            <section aria-label="In use" className="in-use">
              <div className="card in-use-card">
                <span className="faint">{doctor.compute.backend === 'none' ? 'Nothing can train here' : 'Runs train on'}</span>
                <b>{doctor.compute.device}</b>
                <span className="mid">{doctor.compute.library}</span>
                <p>{doctor.compute.why}</p>
              </div>
              <div className="card in-use-card">
                <span className="faint">What would be faster</span>
                <p className="faster">
                  <Zap size={15} aria-hidden />
                  {doctor.compute.faster ?? 'Nothing that is known: this is the fastest way Elbo has.'}
                </p>
              </div>
            </section>
            <section aria-label="Findings">
              <h2>What was looked at</h2>
              <div className="card">
                <table className="table">
                  <thead>
                    <tr>
                      <th scope="col">Subject</th>
                      <th scope="col">State</th>
                      <th scope="col">Finding</th>
                      <th scope="col">Where</th>
                    </tr>
                  </thead>
                  <tbody>
                    {doctor.findings.map((finding, i) => {
                      const { icon: Icon, word } = states[finding.state];
                      return (
                        <tr key={i}>
                          <td className="strong">{finding.subject}</td>
                          <td>
                            <span className={`finding ${finding.state}`}>
                              <Icon size={14} aria-hidden /> {word}
                            </span>
                          </td>
                          <td>
                            {finding.text}
                            {finding.repair && <p className="repair">{finding.repair}</p>}
                          </td>
                          <td className="mono faint where">{finding.where}</td>
                        </tr>
                      );
                    })}
                  </tbody>
                </table>
              </div>
            </section>
            <section aria-label="Versions">
              <h2>Versions</h2>
              <div className="card">
                <table className="table">
                  <tbody>
                    {Object.entries(doctor.versions).map(([name, version]) => (
                      <tr key={name}>
                        <th scope="row" className="version-name">{name}</th>
                        <td className="mono">{version}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <p className="faint also">
                The same on the command line: <code className="mono">npx elbo doctor</code>
              </p>
            </section>
          </>
        )}
      </div>
    </main>
  );
}
