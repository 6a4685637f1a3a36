import { Component, type ReactNode } from 'react';
import { ProblemView } from './problem-view';

/** Keeps the failure of one page to that page: the frame around it goes on. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return <ProblemView error={this.state.error} onRetry={() => this.setState({ error: undefined })} />;
  }
}
