/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define SIO_INSIDE

#include "sio-adapter.h"
#include "sio-args.h"
#include "sio-broadcast.h"
#include "sio-client-types.h"
#include "sio-client.h"
#include "sio-cors.h"
#include "sio-engine.h"
#include "sio-enums.h"
#include "sio-error.h"
#include "sio-handshake.h"
#include "sio-histogram.h"
#include "sio-manager.h"
#include "sio-memory-adapter.h"
#include "sio-message.h"
#include "sio-msgpack-parser.h"
#include "sio-namespace.h"
#include "sio-packet.h"
#include "sio-parser.h"
#include "sio-remote-socket.h"
#include "sio-request.h"
#include "sio-responses.h"
#include "sio-room.h"
#include "sio-server-event.h"
#include "sio-server-types.h"
#include "sio-server.h"
#include "sio-session.h"
#include "sio-socket.h"
#include "sio-target.h"
#include "sio-text-parser.h"
#include "sio-types.h"
#include "sio-version-macros.h"
#include "sio-version.h"

#undef SIO_INSIDE
