#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An admin namespace on python-socketio, as its newer versions have one. Prints "listening on PORT".

It differs from the one of Node: no session, the text of the refusal, features in another order, times that are floats or
end in +00:00, whole client ids, lists in the query, and the sockets are told of again at every ping."""

import asyncio
from datetime import datetime, timezone

import socketio
from aiohttp import web

FEATURES = ['ALL_EVENTS', 'AGGREGATED_EVENTS', 'MDISCONNECT', 'DISCONNECT', 'MLEAVE', 'LEAVE', 'MJOIN', 'JOIN', 'EMIT']
server = socketio.AsyncServer(async_mode='aiohttp')
pings = 0


def now():
    return datetime.now(timezone.utc).isoformat()


def describe(name, rooms):
    return {'id': name, 'clientId': 'Z1xDpNYjHLnJCYTSAAAA', 'transport': 'polling', 'nsp': '/', 'data': {'user': 'ann'},
            'handshake': {'address': '127.0.0.1', 'headers': {'Host': 'localhost'}, 'query': {'EIO': ['4']},
                          'secure': False, 'url': '/socket.io/', 'issued': 1795220770123.75, 'time': now()},
            'rooms': [name, *rooms]}


async def tell():
    global pings
    await server.emit('config', {'supportedFeatures': FEATURES}, namespace='/admin')
    await server.emit('server_stats', {
        'serverId': 'python', 'hostname': 'host', 'pid': 7, 'uptime': 1.5, 'clientsCount': 1, 'pollingClientsCount': 1,
        'aggregatedEvents': [], 'namespaces': [{'name': '/', 'socketsCount': 1}]}, namespace='/admin')
    await server.emit('all_sockets', [describe('one', ['den'])], namespace='/admin')
    for pings in range(1, 6):
        await asyncio.sleep(0.1)
        await server.emit('socket_connected', (describe('one', ['den', f'ping {pings}']), now()), namespace='/admin')
    await server.emit('room_joined', ('/', 'late', 'one', now()), namespace='/admin')


class Admin(socketio.AsyncNamespace):
    async def on_connect(self, sid, environ, auth):
        # The whole of it, so that nothing else may be in there.
        if auth != {'username': 'admin', 'password': 'secret'}:
            raise socketio.exceptions.ConnectionRefusedError('authentication failed')
        server.start_background_task(tell)

    async def on_join(self, sid, nsp, room, filter):
        await server.emit('room_joined', (nsp, room, filter, now()), namespace='/admin')


async def main():
    app = web.Application()
    server.attach(app)
    server.register_namespace(Admin('/admin'))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, 'localhost', 0)
    await site.start()
    print(f'listening on {site._server.sockets[0].getsockname()[1]}', flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
