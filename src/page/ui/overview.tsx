/** Above the list: the registry's life, and the map, which is loaded when it is first shown. */
import { signal, useSignal, useSignalEffect } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import type { PageState } from '../state/page-state.ts';
import { kept, keep } from '../state/theme.ts';
import { Icon } from './icons.tsx';
import { LifeStrip } from './life-strip.tsx';

/** Windows narrower than this show the map when they are asked to: the list comes first there. */
const MAP_FROM = '(min-width: 900px)';

type MapComponent = FunctionComponent<{ state: PageState }>;
const isMapShown = signal((kept('map') ?? String(matchMedia(MAP_FROM).matches)) === 'true');

export function Overview({ state }: { state: PageState }) {
  return (
    <div class={`overview ${isMapShown.value ? 'mapped' : ''}`}>
      <LifeStrip state={state}>
        <button
          type="button"
          class="plain maptoggle"
          aria-expanded={isMapShown.value}
          aria-controls="map"
          onClick={() => {
            isMapShown.value = !isMapShown.value;
            keep('map', String(isMapShown.value));
          }}
        >
          <Icon name="map" />
          {isMapShown.value ? 'Hide map' : 'Show map'}
        </button>
      </LifeStrip>
      <section id="map" class="panel world" aria-label="World map" hidden={!isMapShown.value}>
        {isMapShown.value && <LazyMap state={state} />}
      </section>
    </div>
  );
}

function LazyMap({ state }: { state: PageState }) {
  const loaded = useSignal<{ readonly WorldMap: MapComponent } | 'failed' | undefined>(undefined);
  useSignalEffect(() => {
    import('../map/world-map.tsx').then(
      ({ WorldMap }) => (loaded.value = { WorldMap }),
      // The page may be older than the registry it came from, or the line may be down.
      () => (loaded.value = 'failed'),
    );
  });
  if (loaded.value === undefined) return <div class="map" />;
  if (loaded.value === 'failed')
    return <p class="note">The map could not be loaded. Reload the page to try again.</p>;
  const { WorldMap } = loaded.value;
  return <WorldMap state={state} />;
}
