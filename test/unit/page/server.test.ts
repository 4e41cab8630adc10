import { describe, expect, test } from 'vitest';
import { columnsOf, columnsWithin } from '../../../src/page/model/columns.ts';
import { serverOf } from '../../../src/page/model/server.ts';
import { entry } from './support.ts';

describe('a row', () => {
  test('shows the well-known keys', () => {
    const metadata = {
      name: 'Northwind',
      players: 3,
      maxPlayers: 16,
      game: 'Skyforge',
      version: 2,
      map: 'canyon',
      password: true,
      website: 'https://play.example',
    };
    expect(serverOf(entry('a', { metadata }))).toMatchObject({
      name: 'Northwind',
      players: 3,
      maxPlayers: 16,
      game: 'Skyforge',
      version: '2',
      map: 'canyon',
      isLocked: true,
      website: new URL('https://play.example'),
    });
  });

  test('has every further endpoint, to show it safely and to copy it exactly', () => {
    const endpoints = ['wss://a.example', 'udp://a.example:1', 'wss://\u202Eb.example'];
    const { address, otherAddresses } = serverOf(entry('a', { endpoints }));
    expect(address).toBe('wss://a.example');
    expect(otherAddresses.map(({ endpoint }) => endpoint)).toEqual(endpoints.slice(1));
    expect(otherAddresses.map(({ shown }) => shown).join()).not.toContain('\u202E');
    expect(serverOf(entry('a')).otherAddresses).toEqual([]);
  });

  test('leaves out what is missing or of another type', () => {
    const metadata = {
      name: '',
      players: '3',
      maxPlayers: -1,
      game: {},
      version: null,
      map: [],
      password: 'no',
      website: 'x',
    };
    for (const server of [serverOf(entry('a')), serverOf(entry('a', { metadata, region: 'unknown' }))]) {
      expect(server).toMatchObject({ name: 'a', isLocked: false });
      for (const key of [
        'players',
        'maxPlayers',
        'game',
        'version',
        'map',
        'website',
        'location',
        'place',
      ] as const) {
        expect(server[key]).toBeUndefined();
      }
    }
    expect(serverOf(entry('a', { region: 'unknown' })).region).toBeUndefined();
  });

  test('names the country, else the data centre', () => {
    expect(serverOf(entry('a', { location: { country: 'DE', colo: 'FRA' } })).location).toBe('Germany');
    expect(serverOf(entry('a', { location: { colo: 'FRA' } })).location).toBe('FRA');
  });

  test('has a place only where both degrees are on Earth', () => {
    expect(serverOf(entry('a', { location: { latitude: 50, longitude: 8 } })).place).toEqual({
      latitude: 50,
      longitude: 8,
    });
    expect(serverOf(entry('a', { location: { latitude: 50 } })).place).toBeUndefined();
    expect(serverOf(entry('a', { location: { latitude: 500, longitude: 8 } })).place).toBeUndefined();
  });
});

describe('the columns', () => {
  const keys = (servers: Parameters<typeof entry>[1][], hasDistances = false) =>
    columnsOf(
      servers.map((more) => serverOf(entry('a', more))),
      hasDistances,
    ).map(({ key }) => key);

  test('are those that some server has something for', () => {
    expect(keys([{ region: 'unknown' }])).toEqual(['name', 'address', 'registered', 'heard']);
    expect(keys([{ region: 'unknown' }, { metadata: { map: 'canyon' } }], true)).toEqual([
      'name',
      'address',
      'map',
      'region',
      'distance',
      'registered',
      'heard',
    ]);
  });

  test('give way to the more important ones where it is narrow', () => {
    const all = columnsOf([serverOf(entry('a', { metadata: { players: 1, map: 'x', version: '1' } }))], true);
    expect(columnsWithin(all, 5000)).toEqual(all);
    expect(columnsWithin(all, 720).map(({ key }) => key)).toEqual(['name', 'address', 'players', 'distance']);
  });
});
