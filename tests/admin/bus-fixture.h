/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "admin-fixture.h"

G_BEGIN_DECLS

/* Buses of the tests with the real sio-server. */

typedef struct
{
  GSubprocess *process;
  GDataInputStream *output;
} Program;

/* With the environment variable @variable, if it is not NULL. */
Program *program_new (const char *const *arguments, const char *variable, const char *value);
void program_free (Program *program);

/* A bus as systems have one, on which everybody may do everything. */
typedef struct
{
  char *dir;
  char *address;
  Program *program;
} Bus;

/* @type: "session" or "system" */
Bus *bus_new (const char *type);
void bus_free (Bus *bus);
/* sio-server on @bus; @url (inout): where clients reach it; NULL. */
Program *server_new (Bus *bus, gboolean session, char **url);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Program, program_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Bus, bus_free)

G_END_DECLS
