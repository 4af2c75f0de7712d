/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#define SIO_INSIDE

#include "sio-cors.h"
#include "sio-engine.h"
#include "sio-enums.h"
#include "sio-error.h"
#include "sio-session.h"
#include "sio-types.h"
#include "sio-version-macros.h"
#include "sio-version.h"

#undef SIO_INSIDE
