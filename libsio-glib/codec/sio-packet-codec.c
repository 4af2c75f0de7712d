/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-packet-codec-private.h"

#include <string.h>

#include "sio-error.h"

#define COLD __attribute__ ((cold, noinline))

/* What is left of the packet. */
typedef struct
{
  const char *p;
  const char *end;
} Rest;

COLD static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, SIO_ERROR, SIO_ERROR_PROTOCOL, message);
  return FALSE;
}

COLD static gboolean
refuse_type (GError **error, char c)
{
  if (g_ascii_isprint (c))
    g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                 "unknown packet type %c: expected a digit from 0 to 6", c);
  else
    g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                 "unknown packet type \\x%02x: expected a digit from 0 to 6", (guchar) c);
  return FALSE;
}

static inline gboolean
is_binary (SioPacketType type)
{
  return type == SIO_PACKET_BINARY_EVENT || type == SIO_PACKET_BINARY_ACK;
}

static gboolean
parse_attachments (Rest *rest, guint max, SioPacketView *view, GError **error)
{
  const char *start = rest->p;
  guint64 n = 0;

  for (; rest->p < rest->end && g_ascii_isdigit (*rest->p); rest->p++)
    {
      n = n * 10 + (guint64) (*rest->p - '0');
      n = MIN (n, G_MAXUINT32);
    }
  if (rest->p == start || rest->p == rest->end || *rest->p != '-' || n < 1)
    return refuse (error, "Illegal attachments: expected a number from 1 and '-' after the type "
                          "of a binary packet");
  if (n > max)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "too many attachments: expected at most %u, got %" G_GUINT64_FORMAT, max, n);
      return FALSE;
    }
  rest->p++;
  view->n_attachments = (guint) n;
  return TRUE;
}

static gboolean
parse_nsp (Rest *rest, guint limit, SioPacketView *view, GError **error)
{
  gsize left = (gsize) (rest->end - rest->p);
  guint max = limit != 0 ? limit : SIO_PACKET_MAX_NAMESPACE;
  const char *comma = memchr (rest->p, ',', MIN (left, (gsize) max + 1));

  if (comma == NULL && left > max)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                   "invalid namespace: expected at most %u bytes, got more", max);
      return FALSE;
    }
  view->nsp = rest->p;
  view->nsp_length = comma != NULL ? (gsize) (comma - rest->p) : left;
  /* It becomes a C string above; cut short it would be another namespace. */
  if (memchr (view->nsp, '\0', view->nsp_length) != NULL)
    return refuse (error, "invalid namespace: it contains U+0000");
  rest->p = comma != NULL ? comma + 1 : rest->end;
  return TRUE;
}

static gboolean
parse_id (Rest *rest, SioPacketView *view, GError **error)
{
  gint64 id = 0;

  do
    {
      id = id * 10 + (*rest->p++ - '0');
      if (G_UNLIKELY (id > SIO_PACKET_MAX_ID))
        return refuse (error, "invalid packet id: expected at most 9007199254740992 (2^53)");
    }
  while (rest->p < rest->end && g_ascii_isdigit (*rest->p));
  view->id = id;
  return TRUE;
}

static gboolean
check_event (const SioJsonScan *json, GError **error)
{
  if (json->value.type != SIO_JSON_ARRAY || json->n_items == 0)
    return refuse (error, "invalid payload: an event needs an array that begins with its name");
  if (json->first.type == SIO_JSON_NUMBER)
    return TRUE;
  if (json->first.type != SIO_JSON_STRING)
    return refuse (error, "invalid payload: an event name must be a string or a number");
  if (G_UNLIKELY (sio_packet_is_reserved_event (&json->first)))
    return refuse (error, "invalid payload: the event name is reserved");
  return TRUE;
}

/* What each type may carry (§3.2.5; Appendix C 14: an event has a payload). */
static gboolean
check_payload (const SioPacketView *view, GError **error)
{
  SioJsonType type = view->json.value.type;

  switch (view->type)
    {
    case SIO_PACKET_EVENT:
    case SIO_PACKET_BINARY_EVENT:
      return check_event (&view->json, error);
    case SIO_PACKET_ACK:
    case SIO_PACKET_BINARY_ACK:
      /* Without an id it answers nothing: the caller passes it over. */
      if (type == SIO_JSON_ARRAY || (type == SIO_JSON_NONE && view->id < 0))
        return TRUE;
      return refuse (error, "invalid payload: an acknowledgement needs an array");
    case SIO_PACKET_CONNECT:
      if (type == SIO_JSON_OBJECT || type == SIO_JSON_NONE)
        return TRUE;
      return refuse (error, "invalid payload: CONNECT takes an object or nothing");
    case SIO_PACKET_CONNECT_ERROR:
      if (type == SIO_JSON_OBJECT || type == SIO_JSON_STRING || type == SIO_JSON_NONE)
        return TRUE;
      return refuse (error, "invalid payload: CONNECT_ERROR takes an object or a string");
    case SIO_PACKET_DISCONNECT:
    default:
      if (type == SIO_JSON_NONE)
        return TRUE;
      return refuse (error, "invalid payload: DISCONNECT takes nothing");
    }
}

gboolean
sio_packet_parse (const char *text,
                  gsize length,
                  const SioPacketLimits *limits,
                  SioPacketView *view,
                  GError **error)
{
  static const SioPacketLimits defaults = { SIO_JSON_MAX_DEPTH, SIO_PACKET_MAX_ATTACHMENTS,
                                            SIO_PACKET_MAX_NAMESPACE };
  Rest rest = { text, text + length };

  g_return_val_if_fail (text != NULL || length == 0, FALSE);
  g_return_val_if_fail (view != NULL, FALSE);

  if (limits == NULL)
    limits = &defaults;
  if (G_UNLIKELY (length == 0))
    return refuse (error, "empty packet: expected a packet type");
  if (G_UNLIKELY (*rest.p < '0' || *rest.p > '6'))
    return refuse_type (error, *rest.p);
  view->type = (SioPacketType) (*rest.p++ - '0');
  view->n_attachments = 0;
  view->nsp = "/";
  view->nsp_length = 1;
  view->id = -1;

  if (is_binary (view->type) && !parse_attachments (&rest, limits->max_attachments, view, error))
    return FALSE;
  if (rest.p < rest.end && *rest.p == '/' && !parse_nsp (&rest, limits->max_namespace, view, error))
    return FALSE;
  if (rest.p < rest.end && g_ascii_isdigit (*rest.p) && !parse_id (&rest, view, error))
    return FALSE;

  if (rest.p == rest.end)
    memset (&view->json, 0, sizeof view->json);
  else if (G_UNLIKELY (g_ascii_isspace (*rest.p)))
    return refuse (error, "invalid payload: white space in front of it"); /* C 15 */
  else if (G_UNLIKELY (!sio_json_scan (rest.p, (gsize) (rest.end - rest.p), limits->max_depth,
                                       &view->json, error)))
    {
      g_prefix_error (error, "invalid payload: ");
      return FALSE;
    }
  return check_payload (view, error);
}

void
sio_packet_append_prefix (
    GString *out, SioPacketType type, guint n_attachments, const char *nsp, gint64 id)
{
  g_return_if_fail (out != NULL);
  g_return_if_fail (type <= SIO_PACKET_BINARY_ACK);

  g_string_append_c (out, (char) ('0' + type));
  if (is_binary (type))
    {
      sio_json_write_int64 (out, n_attachments);
      g_string_append_c (out, '-');
    }
  if (nsp != NULL && !(nsp[0] == '/' && nsp[1] == '\0'))
    {
      g_string_append (out, nsp);
      g_string_append_c (out, ',');
    }
  if (id >= 0)
    sio_json_write_int64 (out, id);
}

static const char *const reserved_names[] = { "connect",       "connect_error", "disconnect",
                                              "disconnecting", "newListener",   "removeListener" };

gboolean
sio_event_name_is_reserved (const char *name)
{
  g_return_val_if_fail (name != NULL, FALSE);

  /* Asked at each emit: most names are told apart by their first letter. */
  if (strchr ("cdnr", name[0]) == NULL)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (reserved_names); i++)
    if (strcmp (name, reserved_names[i]) == 0)
      return TRUE;
  return FALSE;
}

gboolean
sio_packet_is_reserved_event (const SioJsonSlice *slice)
{
  /* The shortest has 7 letters, and escapes only make text longer. */
  if (slice->type != SIO_JSON_STRING || G_LIKELY (slice->length < strlen ("\"connect\"")))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (reserved_names); i++)
    if (sio_json_string_equal (slice, reserved_names[i]))
      return TRUE;
  return FALSE;
}

/* What is known of one open container. */
typedef struct
{
  gboolean is_object;
  gboolean is_placeholder;
  gboolean has_valid_num;
  enum
  {
    KEY_NONE, /* a key comes next */
    KEY_OTHER,
    KEY_PLACEHOLDER,
    KEY_NUM
  } key;
} Level;

/* A value (NULL: a container) of an object's member; the last of a repeated key counts. */
static void
take_member (Level *level, const SioJsonSlice *value, guint n_attachments)
{
  if (level->key == KEY_PLACEHOLDER)
    level->is_placeholder = value != NULL && value->type == SIO_JSON_TRUE;
  else if (level->key == KEY_NUM)
    {
      gint64 num;

      level->has_valid_num = value != NULL && sio_json_number_to_int64 (value, &num) && num >= 0 &&
                             num < (gint64) n_attachments;
    }
  level->key = KEY_NONE;
}

static void
take_scalar (Level *level, const SioJsonSlice *value, guint n_attachments)
{
  if (!level->is_object)
    return;
  if (level->key != KEY_NONE)
    take_member (level, value, n_attachments);
  else if (sio_json_string_equal (value, "_placeholder"))
    level->key = KEY_PLACEHOLDER;
  else if (sio_json_string_equal (value, "num"))
    level->key = KEY_NUM;
  else
    level->key = KEY_OTHER;
}

gboolean
sio_packet_check_placeholders (const char *json, gsize length, guint n_attachments, GError **error)
{
  Level levels[SIO_JSON_MAX_DEPTH + 1] = { { FALSE } };
  Level *level = levels;
  const char *p = json, *end = json + length;

  while (p < end)
    {
      SioJsonSlice value;

      switch (*p)
        {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
        case ',':
        case ':':
          p++;
          break;
        case '{':
        case '[':
          if (level == levels + SIO_JSON_MAX_DEPTH)
            return refuse (error, "illegal attachments: the payload is nested too deeply");
          if (level->is_object)
            take_member (level, NULL, n_attachments);
          level++;
          memset (level, 0, sizeof *level);
          level->is_object = *p == '{';
          p++;
          break;
        case '}':
        case ']':
          if (level->is_placeholder && !level->has_valid_num)
            {
              g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL,
                           "illegal attachments: expected \"num\" of a placeholder to be an "
                           "integer from 0 to %u",
                           MAX (n_attachments, 1) - 1);
              return FALSE;
            }
          if (level > levels)
            level--;
          p++;
          break;
        default:
          if (!sio_json_next_item (&p, end, &value))
            return refuse (error, "illegal attachments: the payload is not JSON");
          take_scalar (level, &value, n_attachments);
          break;
        }
    }
  return TRUE;
}
