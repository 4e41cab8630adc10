/** What a route is, and what its handler gets. */
import type { z } from 'zod';
import type { Refusal } from '../protocol/refusal.ts';
import type { Settings } from './settings.ts';

/** The request, and what the configuration makes of the rest. */
export interface Call extends Settings {
  readonly request: Request;
}

export type Handler = (call: Call) => Response | Refusal | Promise<Response | Refusal>;

export type Method = 'GET' | 'POST' | 'DELETE';

/** A parameter of the query string. */
export interface Parameter {
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
  /** As a query string has it. */
  readonly example: string | number | readonly string[];
}

/** One row of the route table. */
export interface Route {
  readonly method: Method;
  /** Its name in OpenAPI, and so in clients that are generated from that. */
  readonly operation: string;
  /** `{id}` stands for all that follows, a raw `/` included. */
  readonly path: string;
  /** A few words for people; `/api/info` shows them. */
  readonly summary: string;
  /** What the credential opens that is needed, where one is. */
  readonly needs?: 'writes' | 'metrics';
  readonly parameters?: readonly Parameter[];
  /** It is of no list, or of all: without a prefix it is served where there is no list `default`. */
  readonly isOfAll?: true;
  /** Every problem it may answer, beside those that every route may. */
  readonly problems: readonly Refusal['kind'][];
  /** The body of the request, where it has one. */
  readonly body?: z.ZodType;
  /** It answers an upgrade to a WebSocket with one. */
  readonly upgrades?: true;
  /** A reader that knows the answer already may be told so by a 304. */
  readonly isConditional?: true;
  /** The body of an answer with status 200. */
  readonly answer: z.ZodType;
  /** Its `Content-Type`, where that is not JSON. */
  readonly answerType?: string;
  /** The type of what browsers get in its place, where they do. */
  readonly answerToBrowsers?: string;
  /** It is pushed to whoever asks for an event stream, or for a WebSocket. */
  readonly answerAsItChanges?: true;
  readonly handler: Handler;
}
