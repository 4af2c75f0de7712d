/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "sio-json-private.h"
#include "sio-message.h"

G_BEGIN_DECLS

/* @socket is borrowed until somebody takes a reference to the message; whoever made it
 * keeps the socket alive till then. @first is the name of the event, @list what follows it;
 * @id is -1 if no acknowledgement is asked for. */
SioMessage *sio_message_new (SioSocket *socket,
                             const SioJsonSlice *first,
                             const char *list,
                             gsize list_length,
                             gint64 id,
                             GPtrArray *attachments);
/* The same for what a client received. */
SioMessage *sio_message_new_for_client (SioClient *client,
                                        const SioJsonSlice *first,
                                        const char *list,
                                        gsize list_length,
                                        gint64 id,
                                        GPtrArray *attachments);
/* The same with another name or other arguments, unless they are NULL. It is the one to be
 * answered from now on. */
SioMessage *sio_message_new_rewritten (SioMessage *self, const char *event, SioArgs *args);
/* Arguments without brackets. */
const char *sio_message_peek_list (SioMessage *self, gsize *length);
GPtrArray *sio_message_peek_attachments (SioMessage *self);

G_END_DECLS
