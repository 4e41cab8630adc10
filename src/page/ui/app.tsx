/** The whole page, from top to bottom. */
import type { PageState } from '../state/page-state.ts';
import { Banner } from './banner.tsx';
import { Details } from './details.tsx';
import { Header } from './header.tsx';
import { Overview } from './overview.tsx';
import { ServerTable } from './server-table.tsx';
import { Toolbar } from './toolbar.tsx';

export function App({ state }: { state: PageState }) {
  return (
    <>
      <a class="skip" href="#servers">
        Skip to the servers
      </a>
      <Header state={state} />
      <main>
        <Banner state={state} />
        <Overview state={state} />
        <section id="servers" class="panel list" aria-label="Servers" tabIndex={-1}>
          <Toolbar state={state} />
          <ServerTable state={state} />
        </section>
      </main>
      <Details state={state} />
      <p class="unseen" role="status">
        {state.announcement.value}
      </p>
    </>
  );
}
