import type { ReactNode } from 'react';
import { ChevronDown } from 'lucide-react';
import { Button, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';

/** What most people leave alone, behind a line that names it. `isExpanded` unless told is the component's own affair. */
export const More = ({ title, isExpanded, onChange, children }: { title: string; isExpanded?: boolean; onChange?: (isExpanded: boolean) => void; children: ReactNode }) => (
  <Disclosure className="more" {...(isExpanded !== undefined && { isExpanded })} {...(onChange && { onExpandedChange: onChange })}>
    <Heading>
      <Button slot="trigger" className="link-button">
        <ChevronDown size={13} aria-hidden /> {title}
      </Button>
    </Heading>
    <DisclosurePanel>{children}</DisclosurePanel>
  </Disclosure>
);
