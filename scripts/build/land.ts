/** Draws the continents once, when the page is built: the browser gets a finished shape and no cartography. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { geoPath } from 'd3-geo';
import { feature } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import { MAP_HEIGHT, MAP_WIDTH, PROJECTION } from '../../src/page/map/projection.ts';

/** Decimals of a coordinate: a tenth of a unit of a picture 960 units wide. */
const DECIMALS = 1;

type Atlas = Topology<{ land: GeometryCollection }>;

function isAtlas(value: unknown): value is Atlas {
  return typeof value === 'object' && value !== null && 'objects' in value && 'arcs' in value;
}

/** An SVG document with one shape of the id `land`, in the page's projection. */
export function landSvg(): string {
  const file = createRequire(import.meta.url).resolve('world-atlas/land-110m.json');
  const atlas: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isAtlas(atlas)) throw new Error(`${file} is no topology of the land`);
  const shape = geoPath(PROJECTION).digits(DECIMALS)(feature(atlas, atlas.objects.land));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${MAP_WIDTH} ${MAP_HEIGHT}"><path id="land" d="${shape}"/></svg>`;
}
