import { TriangleAlert } from 'lucide-react';

/** What went wrong, a line each; nothing where nothing did. */
export function Problems({ problems }: { problems: readonly string[] }) {
  if (problems.length === 0) return null;
  return (
    <ul className="problems" role="alert">
      {problems.map((problem) => (
        <li key={problem}>
          <TriangleAlert size={14} aria-hidden />
          {problem}
        </li>
      ))}
    </ul>
  );
}
