/** Shorter names are left to be cut at their end. */
const least = 16;

/**
 * A name that is cut before its end where room is short: runs of one recipe differ in their last words. `kept` is what
 * must be seen, such as the variant; else it is the words behind the last comma, else the last few letters.
 */
export function CutName({ name, kept }: { name: string; kept?: string | null }) {
  if (name.length <= least) return name;
  const found = kept ? name.lastIndexOf(kept) : -1;
  const at = found > 0 ? found : name.includes(', ') ? name.lastIndexOf(', ') + 2 : name.length - 10;
  return (
    <>
      <span className="heard">{name}</span>
      <span className="cut-name" aria-hidden="true">
        <span>{name.slice(0, at)}</span>
        <span>{name.slice(at)}</span>
      </span>
    </>
  );
}
