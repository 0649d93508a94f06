/** Two or more runs side by side, linked. */
export const CompareView = ({ ids }: { ids: readonly string[] }) => <main className="stage">{ids.join(', ')}</main>;
