/** One run: its state, its panels, its settings and its log. */
export const RunView = ({ id }: { id: string }) => <main className="stage">{id}</main>;
