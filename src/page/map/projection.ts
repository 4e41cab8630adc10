/** Where a place lies on the map: Equal Earth, which shows every continent at its true share of the land. */
import { geoEqualEarth } from 'd3-geo';

/** Units of the drawing. The height leaves out Antarctica, where nobody runs a server. */
export const MAP_WIDTH = 960;
export const MAP_HEIGHT = 420;

/** Degrees, longitude first → units of the drawing. */
export const PROJECTION = geoEqualEarth().fitWidth(MAP_WIDTH, { type: 'Sphere' });
