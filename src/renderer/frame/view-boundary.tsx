import { Component, type ReactNode } from 'react';
import { errorFrom } from '../../contract/errors';
import { Button, ErrorState } from '../design';

/** A bug in one view leaves the rest of the window standing. */
export class ViewBoundary extends Component<{ children: ReactNode }, { thrown: unknown }> {
  override state = { thrown: undefined as unknown };

  static getDerivedStateFromError(thrown: unknown): { thrown: unknown } {
    return { thrown };
  }

  override render(): ReactNode {
    if (this.state.thrown === undefined) return this.props.children;
    return (
      <main className="stage">
        <ErrorState error={{ ...errorFrom(this.state.thrown), repair: 'This page stopped on an error of its own. Runs go on in the core, and nothing stored is lost.' }} action={<Button onPress={() => this.setState({ thrown: undefined })}>Show the page again</Button>} />
      </main>
    );
  }
}
