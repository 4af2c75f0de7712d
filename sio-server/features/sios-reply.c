/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-reply.h"

static SioArgsBuilder *
begin (gboolean ok)
{
  SioArgsBuilder *builder = sio_args_builder_new ();

  sio_args_builder_begin_object (builder);
  sio_args_builder_set_member_name (builder, "ok");
  sio_args_builder_add_boolean (builder, ok);
  return builder;
}

static void
add_string (SioArgsBuilder *builder, const char *name, const char *text)
{
  if (text == NULL)
    return;
  sio_args_builder_set_member_name (builder, name);
  sio_args_builder_add_string (builder, text);
}

static void
end (SioMessage *message, SioArgsBuilder *builder)
{
  sio_args_builder_end_object (builder);
  sio_message_reply (message, sio_args_builder_end (builder));
}

void
sios_reply_ok (SioMessage *message, const char *room)
{
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (!sio_message_wants_reply (message))
    return;
  builder = begin (TRUE);
  add_string (builder, "room", room);
  end (message, builder);
}

void
sios_reply_members (SioMessage *message, const char *room, guint n_members)
{
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (!sio_message_wants_reply (message))
    return;
  builder = begin (TRUE);
  add_string (builder, "room", room);
  sio_args_builder_set_member_name (builder, "members");
  sio_args_builder_add_int64 (builder, n_members);
  end (message, builder);
}

void
sios_reply_error (SioMessage *message, const char *text)
{
  sios_reply_refusal (message, NULL, text, NULL);
}

void
sios_reply_refusal (SioMessage *message, const char *code, const char *text, const char *hint)
{
  g_autoptr (SioArgsBuilder) builder = NULL;

  if (!sio_message_wants_reply (message))
    return;
  builder = begin (FALSE);
  add_string (builder, "code", code);
  add_string (builder, "error", text);
  add_string (builder, "hint", hint);
  end (message, builder);
}
