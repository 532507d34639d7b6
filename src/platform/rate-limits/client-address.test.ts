import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressReader, connectionAddressReader, isProxy } from './client-address.ts'

const request = (remoteAddress: string, forwardedFor?: string) =>
  ({
    socket: { remoteAddress },
    connection: { remoteAddress },
    headers: forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor },
  }) as unknown as IncomingMessage

test.each<[string, readonly string[], IncomingMessage, string]>([
  ['the address of the connection', [], request('203.0.113.9'), '203.0.113.9'],
  ['not X-Forwarded-For of an untrusted client', [], request('203.0.113.9', '1.2.3.4'), '203.0.113.9'],
  ['not X-Forwarded-For if another proxy is trusted', ['10.0.0.0/8'], request('203.0.113.9', '1.2.3.4'), '203.0.113.9'],
  ['X-Forwarded-For of a trusted proxy', ['10.0.0.0/8'], request('10.1.2.3', '198.51.100.7'), '198.51.100.7'],
  [
    'not an address that the client added to X-Forwarded-For',
    ['10.0.0.0/8'],
    request('10.1.2.3', '1.2.3.4, 198.51.100.7'),
    '198.51.100.7',
  ],
  [
    'through two trusted proxies',
    ['10.0.0.0/8', 'loopback'],
    request('127.0.0.1', '198.51.100.7, 10.1.1.1'),
    '198.51.100.7',
  ],
  ['the trusted proxy, without X-Forwarded-For', ['10.0.0.0/8'], request('10.1.2.3'), '10.1.2.3'],
  ['the trusted proxy, with an invalid X-Forwarded-For', ['10.0.0.0/8'], request('10.1.2.3', 'x".;--'), '10.1.2.3'],
  ['without its port', ['10.0.0.0/8'], request('10.1.2.3', '198.51.100.7:50123'), '198.51.100.7'],
  ['without its port, of IPv6', ['10.0.0.0/8'], request('10.1.2.3', '[2001:db8:1:2::9]:443'), '2001:db8:1:2::/64'],
  ['without brackets', ['10.0.0.0/8'], request('10.1.2.3', '[2001:db8:1:2::9]'), '2001:db8:1:2::/64'],
  [
    'behind a trusted proxy with a port',
    ['10.0.0.0/8'],
    request('10.1.2.3', '198.51.100.7:50123, 10.1.1.1:443'),
    '198.51.100.7',
  ],
  ['an IPv4-mapped IPv6 address, as IPv4', [], request('::ffff:203.0.113.9'), '203.0.113.9'],
  [
    'behind a trusted proxy with an IPv4-mapped address',
    ['10.0.0.0/8'],
    request('::ffff:10.1.2.3', '198.51.100.7'),
    '198.51.100.7',
  ],
  ['a network of IPv6', [], request('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64'],
  ['the same network', [], request('2001:db8:1:2::9'), '2001:db8:1:2::/64'],
])('addressReader returns %s', (_about, proxies, from, address) => {
  expect(addressReader(proxies)(from)).toBe(address)
})

test.each<[string | undefined, string | null]>([
  ['203.0.113.9', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['10.1.2.3', null],
  ['::ffff:10.1.2.3', null],
  ['127.0.0.1', null],
  ['::ffff:127.0.0.1', null],
  ['::1', null],
  [undefined, null],
])('connectionAddressReader maps %s to %s', (remoteAddress, address) => {
  expect(connectionAddressReader(['10.0.0.0/8'])({ remoteAddress })).toBe(address)
})

test('isProxy accepts addresses, networks and three names', () => {
  expect(['10.0.0.1', '10.0.0.0/8', '2001:db8::/32', 'loopback', 'uniquelocal'].every(isProxy)).toBe(true)
  expect(['*', 'proxy.example.com', '10.0.0.0/99', ''].filter(isProxy)).toEqual([])
})
