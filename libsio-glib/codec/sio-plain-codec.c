/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-plain-codec-private.h"

#include <string.h>

#include "sio-eio-payload-private.h"
#include "sio-error.h"

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error_literal (error, SIO_ERROR, SIO_ERROR_PROTOCOL, what);
  return FALSE;
}

/* From plain objects */

typedef struct
{
  SioJsonSlice event;
  SioJsonSlice data;
  SioJsonSlice args;
  SioJsonSlice ack;
} Members;

/* Takes @object apart, which was scanned before. */
static gboolean
find_members (const SioJsonSlice *object, Members *members, GError **error)
{
  static const char *const names[] = { "event", "data", "args", "ack" };
  SioJsonSlice *slots[] = { &members->event, &members->data, &members->args, &members->ack };
  const char *p = object->text + 1;
  const char *end = object->text + object->length - 1;
  SioJsonSlice key;
  SioJsonSlice value;

  while (sio_json_next_item (&p, end, &key) && sio_json_next_item (&p, end, &value))
    for (guint i = 0; i < G_N_ELEMENTS (names); i++)
      {
        if (!sio_json_string_equal (&key, names[i]))
          continue;
        if (slots[i]->type != SIO_JSON_NONE)
          {
            g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "\"%s\" is there twice", names[i]);
            return FALSE;
          }
        *slots[i] = value;
      }
  return TRUE;
}

static gboolean
check_members (const Members *members, gint64 *id, GError **error)
{
  *id = -1;
  if (members->ack.type != SIO_JSON_NONE &&
      (!sio_json_number_to_int64 (&members->ack, id) || *id < 0 || *id > SIO_PACKET_MAX_ID))
    return refuse (error, "expected \"ack\" to be an integer from 0 to 2^53");
  if (members->event.type == SIO_JSON_NONE && *id < 0)
    return refuse (error, "expected \"event\", or \"ack\" for an answer");
  if (members->event.type != SIO_JSON_NONE && members->event.type != SIO_JSON_STRING)
    return refuse (error, "expected \"event\" to be a string");
  if (sio_packet_is_reserved_event (&members->event))
    return refuse (error, "the name of the event is reserved");
  if (members->args.type != SIO_JSON_NONE && members->args.type != SIO_JSON_ARRAY)
    return refuse (error, "expected \"args\" to be an array");
  if (members->args.type != SIO_JSON_NONE && members->data.type != SIO_JSON_NONE)
    return refuse (error, "expected \"data\" or \"args\", not both");
  return TRUE;
}

/* What belongs to one conversion. */
typedef struct
{
  GString *out;
  GPtrArray **attachments;
  guint max_attachments;
} Conversion;

static const char *
skip_space (const char *p, const char *end)
{
  while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
    p++;
  return p;
}

/* At an opening brace: whether the object is a binary value. Looks no further than needed, so that
 * all of a text is looked at twice at most. */
static gboolean
match_binary (const char *p, const char *end, SioJsonSlice *base64, const char **behind)
{
  SioJsonSlice key;

  p = skip_space (p + 1, end);
  if (p == end || *p != '"' || !sio_json_next_item (&p, end, &key) ||
      !sio_json_string_equal (&key, SIO_PLAIN_BINARY))
    return FALSE;
  p = skip_space (p, end);
  if (p == end || *p != ':')
    return FALSE;
  p = skip_space (p + 1, end);
  if (p == end || *p != '"' || !sio_json_next_item (&p, end, base64))
    return FALSE;
  p = skip_space (p, end);
  if (p == end || *p != '}')
    return FALSE;
  *behind = p + 1;
  return TRUE;
}

static gboolean
take_binary (GString *out,
             const SioJsonSlice *text,
             guint max_attachments,
             GPtrArray **attachments,
             GError **error)
{
  g_autofree char *decoded = sio_json_string_decode (text, NULL);
  gsize length;

  if (*attachments == NULL)
    *attachments = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  if ((*attachments)->len >= max_attachments)
    {
      g_set_error (error, SIO_ERROR, SIO_ERROR_PROTOCOL, "expected at most %u binary values",
                   max_attachments);
      return FALSE;
    }
  length = sio_base64_decode_lenient ((guint8 *) decoded, strlen (decoded), (guint8 *) decoded);
  g_string_append_printf (out, "{\"_placeholder\":true,\"num\":%u}", (*attachments)->len);
  g_ptr_array_add (*attachments, g_bytes_new (decoded, length));
  return TRUE;
}

/* Copies JSON that was scanned before, and takes the binary values out. */
static gboolean
take_text (GString *out,
           const char *p,
           const char *end,
           guint max_attachments,
           GPtrArray **attachments,
           GError **error)
{
  while (p < end)
    {
      SioJsonSlice string;
      const char *next = p;

      if (*p == '"' && sio_json_next_item (&next, end, &string))
        g_string_append_len (out, p, next - p);
      else if (*p == '{' && match_binary (p, end, &string, &next))
        {
          if (!take_binary (out, &string, max_attachments, attachments, error))
            return FALSE;
        }
      else
        {
          g_string_append_c (out, *p);
          next = p + 1;
        }
      p = next;
    }
  return TRUE;
}

/* The arguments behind the name of an event, or of an answer. */
static gboolean
take_args (GString *out,
           const Members *members,
           const SioPacketLimits *limits,
           GPtrArray **attachments,
           GError **error)
{
  SioJsonSlice list = members->data;

  if (members->args.type != SIO_JSON_NONE)
    {
      const char *end = members->args.text + members->args.length - 1;

      list.text = skip_space (members->args.text + 1, end);
      list.length = (gsize) (end - list.text);
    }
  if (list.length == 0)
    return TRUE;
  if (members->event.type != SIO_JSON_NONE)
    g_string_append_c (out, ',');
  if (memmem (list.text, list.length, SIO_PLAIN_BINARY, strlen (SIO_PLAIN_BINARY)) != NULL)
    return take_text (out, list.text, list.text + list.length, limits->max_attachments, attachments,
                      error);
  g_string_append_len (out, list.text, (gssize) list.length);
  return TRUE;
}

gboolean
sio_plain_decode (const char *text,
                  gsize length,
                  const char *prefix,
                  const SioPacketLimits *limits,
                  GString *out,
                  GPtrArray **attachments,
                  GError **error)
{
  SioJsonScan scan;
  Members members = { 0 };
  gboolean is_event;
  gint64 id;
  gsize start = out->len;

  if (!sio_json_scan (text, length, limits->max_depth, &scan, error))
    return FALSE;
  if (scan.value.type != SIO_JSON_OBJECT)
    return refuse (error, "expected an object like {\"event\":\"name\",\"data\":…}");
  if (!find_members (&scan.value, &members, error) || !check_members (&members, &id, error))
    return FALSE;

  is_event = members.event.type != SIO_JSON_NONE;
  g_string_append (out, prefix);
  if (id >= 0)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, id);
  g_string_append_c (out, '[');
  if (is_event)
    g_string_append_len (out, members.event.text, (gssize) members.event.length);
  if (!take_args (out, &members, limits, attachments, error))
    return FALSE;
  g_string_append_c (out, ']');

  if (*attachments != NULL)
    {
      char head[32];

      g_snprintf (head, sizeof head, "%c%u-", is_event ? '5' : '6', (*attachments)->len);
      g_string_insert (out, (gssize) start, head);
    }
  else
    g_string_insert_c (out, (gssize) start, is_event ? '2' : '3');
  return TRUE;
}

/* To plain objects */

typedef struct
{
  char type;
  gint64 id;
  const char *json; /* NULL if there is none */
  const char *end;
} Head;

/* Packets of ours need no checks. */
static Head
split_head (const char *text, gsize length)
{
  const char *end = text + length;
  Head head = { *text, -1, NULL, end };
  const char *p = text + 1;

  if (head.type == '0' + SIO_PACKET_BINARY_EVENT || head.type == '0' + SIO_PACKET_BINARY_ACK)
    p = (const char *) memchr (p, '-', (gsize) (end - p)) + 1;
  if (p < end && *p == '/')
    {
      const char *comma = memchr (p, ',', (gsize) (end - p));

      p = comma != NULL ? comma + 1 : end;
    }
  if (p < end && g_ascii_isdigit (*p))
    for (head.id = 0; p < end && g_ascii_isdigit (*p); p++)
      head.id = head.id * 10 + (*p - '0');
  if (p < end)
    head.json = p;
  return head;
}

/* At an opening brace: whether the object stands for an attachment, and for which. */
static gboolean
match_placeholder (const char *p, const char *end, guint n, guint *num, const char **behind)
{
  SioJsonSlice key;
  SioJsonSlice value;
  gboolean is_placeholder = FALSE;
  gint64 number = -1;

  for (p++; p < end && *p != '}';)
    {
      p = skip_space (p, end);
      if (p == end || (*p != '"' && *p != ',') || !sio_json_next_item (&p, end, &key))
        return FALSE;
      p = skip_space (p, end);
      if (p == end || *p != ':')
        return FALSE;
      p = skip_space (p + 1, end);
      /* No container: what is in there is looked at later. */
      if (p == end || *p == '{' || *p == '[' || !sio_json_next_item (&p, end, &value))
        return FALSE;
      if (sio_json_string_equal (&key, "_placeholder"))
        is_placeholder = value.type == SIO_JSON_TRUE;
      else if (!sio_json_string_equal (&key, "num") || !sio_json_number_to_int64 (&value, &number))
        return FALSE;
      p = skip_space (p, end);
    }
  *num = (guint) number;
  *behind = p + 1;
  return p < end && is_placeholder && number >= 0 && number < n;
}

static void
give_binary (GString *out, GBytes *bytes)
{
  g_autoptr (GByteArray) encoded = g_byte_array_new ();
  gsize length;
  const void *data = g_bytes_get_data (bytes, &length);

  sio_base64_append (encoded, data, length);
  g_string_append (out, "{\"" SIO_PLAIN_BINARY "\":\"");
  g_string_append_len (out, (const char *) encoded->data, encoded->len);
  g_string_append (out, "\"}");
}

static void
give_value (GString *out, const SioJsonSlice *value, GPtrArray *attachments)
{
  const char *p = value->text;
  const char *end = value->text + value->length;

  if (attachments == NULL)
    {
      g_string_append_len (out, value->text, (gssize) value->length);
      return;
    }
  while (p < end)
    {
      SioJsonSlice string;
      const char *next = p;
      guint num;

      if (*p == '"' && sio_json_next_item (&next, end, &string))
        g_string_append_len (out, p, next - p);
      else if (*p == '{' && match_placeholder (p, end, attachments->len, &num, &next))
        give_binary (out, g_ptr_array_index (attachments, num));
      else
        {
          g_string_append_c (out, *p);
          next = p + 1;
        }
      p = next;
    }
}

/* The arguments of an event or answer: from *@p to the closing bracket at @end. */
static void
give_args (GString *out, const char *p, const char *end, GPtrArray *attachments, guint n_hidden)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (SioJsonSlice));
  const char *start = p;
  SioJsonSlice item;

  while (sio_json_next_item (&p, end, &item))
    g_array_append_val (items, item);
  g_array_set_size (items, items->len - MIN (items->len, n_hidden));
  if (items->len == 0)
    {
      /* Deeper than we look. */
      while (start < end && (*start == ',' || g_ascii_isspace (*start)))
        start++;
      if (n_hidden == 0 && start < end)
        {
          g_string_append (out, ",\"args\":[");
          g_string_append_len (out, start, end - start);
          g_string_append_c (out, ']');
        }
      return;
    }
  g_string_append (out, items->len == 1 ? ",\"data\":" : ",\"args\":[");
  for (guint i = 0; i < items->len; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      give_value (out, &g_array_index (items, SioJsonSlice, i), attachments);
    }
  if (items->len > 1)
    g_string_append_c (out, ']');
}

static void
give_control (GString *out, const char *event, const Head *head)
{
  g_string_append_printf (out, "{\"event\":\"%s\"", event);
  if (head->json != NULL)
    {
      g_string_append (out, ",\"data\":");
      g_string_append_len (out, head->json, head->end - head->json);
    }
  g_string_append_c (out, '}');
}

GString *
sio_plain_encode (const char *text, gsize length, GPtrArray *attachments, guint n_hidden)
{
  Head head = split_head (text, length);
  GString *out = g_string_sized_new (length + 32);
  const char *p = head.json != NULL ? head.json + 1 : NULL;
  SioJsonSlice event;

  switch (head.type - '0')
    {
    case SIO_PACKET_CONNECT:
      give_control (out, "connect", &head);
      return out;
    case SIO_PACKET_DISCONNECT:
      give_control (out, "disconnect", &head);
      return out;
    case SIO_PACKET_CONNECT_ERROR:
      give_control (out, "connect_error", &head);
      return out;
    case SIO_PACKET_EVENT:
    case SIO_PACKET_BINARY_EVENT:
      if (p == NULL || !sio_json_next_item (&p, head.end - 1, &event))
        break;
      g_string_append (out, "{\"event\":");
      g_string_append_len (out, event.text, (gssize) event.length);
      give_args (out, p, head.end - 1, attachments, n_hidden);
      if (head.id >= 0)
        g_string_append_printf (out, ",\"ack\":%" G_GINT64_FORMAT, head.id);
      g_string_append_c (out, '}');
      return out;
    default:
      if (p == NULL)
        break;
      g_string_append_printf (out, "{\"ack\":%" G_GINT64_FORMAT, head.id);
      give_args (out, p, head.end - 1, attachments, n_hidden);
      g_string_append_c (out, '}');
      return out;
    }
  g_string_free (out, TRUE);
  return NULL;
}
