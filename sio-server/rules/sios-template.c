/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-template.h"

#include <string.h>

#define MAX_PARTS 16
#define MAX_ARGUMENT 99

typedef enum
{
  PART_TEXT,
  PART_ARGUMENT,
  PART_USER,
  PART_TENANT,
  PART_SOCKET,
  PART_EVENT,
  PART_STAR
} PartKind;

typedef struct
{
  PartKind kind;
  gboolean optional;
  char *text; /* as it is written, without braces */
  guint n;
  char **path;
} Part;

struct _SiosTemplate
{
  SiosTemplateKind kind;
  char *text;
  GArray *parts;
};

static void
part_clear (gpointer data)
{
  Part *part = data;

  g_free (part->text);
  g_strfreev (part->path);
}

gboolean
sios_path_parse (const char *text, guint *n, char ***path)
{
  g_auto (GStrv) words = g_strsplit (text, ".", -1);
  guint64 number;

  if (words[0] == NULL ||
      !g_ascii_string_to_unsigned (words[0], 10, 0, MAX_ARGUMENT, &number, NULL))
    return FALSE;
  for (guint i = 1; words[i] != NULL; i++)
    if (*words[i] == '\0')
      return FALSE;
  *n = (guint) number;
  *path = g_strdupv (words + 1);
  return TRUE;
}

static gboolean
fail (GError **error, const char *text, const char *expected)
{
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "expected %s, got \"%.80s\"",
               expected, text);
  return FALSE;
}

static gboolean
parse_part (SiosTemplate *self, const char *name, gsize length, GError **error)
{
  static const struct
  {
    const char *name;
    PartKind kind;
  } words[] = {
    { "user", PART_USER },   { "tenant", PART_TENANT }, { "socket", PART_SOCKET },
    { "event", PART_EVENT }, { "*", PART_STAR },
  };
  Part part = { PART_TEXT };

  part.optional = length > 0 && name[length - 1] == '?';
  part.text = g_strndup (name, length - (part.optional ? 1 : 0));
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (part.text, words[i].name) == 0)
      part.kind = words[i].kind;
  if (part.kind == PART_TEXT && sios_path_parse (part.text, &part.n, &part.path))
    part.kind = PART_ARGUMENT;
  g_array_append_val (self->parts, part);
  if (part.kind == PART_TEXT || (part.optional && part.kind != PART_ARGUMENT))
    return fail (error, self->text,
                 "{user}, {tenant}, {socket}, {event}, {*}, or an argument such as {0}, {0.roomId} "
                 "or {0.roomId?} in braces; {rooms}, {all} and {sender} stand alone");
  return TRUE;
}

static void
add_text (SiosTemplate *self, const char *text, gsize length)
{
  Part part = { PART_TEXT };

  part.text = g_strndup (text, length);
  g_array_append_val (self->parts, part);
}

static gboolean
parse (SiosTemplate *self, GError **error)
{
  const char *p = self->text;

  if (strcmp (p, "{rooms}") == 0)
    self->kind = SIOS_TEMPLATE_ROOMS;
  else if (strcmp (p, "{all}") == 0)
    self->kind = SIOS_TEMPLATE_ALL;
  else if (strcmp (p, "{sender}") == 0)
    self->kind = SIOS_TEMPLATE_SENDER;
  if (self->kind != SIOS_TEMPLATE_NAME)
    return TRUE;
  if (*p == '\0' || strlen (p) > SIOS_TEMPLATE_MAX_LENGTH || !g_utf8_validate (p, -1, NULL))
    return fail (error, p, "a name of 1 to 200 bytes in UTF-8");
  for (const char *c = p; *c != '\0'; c++)
    if (g_ascii_iscntrl (*c))
      return fail (error, p, "a name without control characters");
  while (*p != '\0')
    {
      gsize length = strcspn (p, "{}");

      if (self->parts->len == MAX_PARTS)
        return fail (error, self->text, "at most 16 parts");
      if (length > 0)
        {
          add_text (self, p, length);
          p += length;
          continue;
        }
      length = strcspn (p + 1, "{}");
      if (*p != '{' || p[1 + length] != '}')
        return fail (error, self->text, "pairs of braces, such as {user}");
      if (!parse_part (self, p + 1, length, error))
        return FALSE;
      p += length + 2;
    }
  return TRUE;
}

SiosTemplate *
sios_template_new (const char *text, GError **error)
{
  g_autoptr (SiosTemplate) self = g_new0 (SiosTemplate, 1);

  self->text = g_strdup (text);
  self->parts = g_array_new (FALSE, FALSE, sizeof (Part));
  g_array_set_clear_func (self->parts, part_clear);
  return parse (self, error) ? g_steal_pointer (&self) : NULL;
}

void
sios_template_free (SiosTemplate *self)
{
  g_array_unref (self->parts);
  g_free (self->text);
  g_free (self);
}

SiosTemplateKind
sios_template_get_kind (const SiosTemplate *self)
{
  return self->kind;
}

const char *
sios_template_get_text (const SiosTemplate *self)
{
  return self->text;
}

static gboolean
uses (const SiosTemplate *self, PartKind kind)
{
  for (guint i = 0; i < self->parts->len; i++)
    if (g_array_index (self->parts, Part, i).kind == kind)
      return TRUE;
  return FALSE;
}

static gboolean
is_chosen_by_clients (const Part *part)
{
  return part->kind == PART_ARGUMENT || part->kind == PART_EVENT || part->kind == PART_STAR;
}

gboolean
sios_template_is_open (const SiosTemplate *self)
{
  return self->parts->len > 0 && is_chosen_by_clients (&g_array_index (self->parts, Part, 0));
}

gboolean
sios_template_uses_arguments (const SiosTemplate *self)
{
  return uses (self, PART_ARGUMENT);
}

gboolean
sios_template_uses_identity (const SiosTemplate *self)
{
  return uses (self, PART_USER) || uses (self, PART_TENANT);
}

gboolean
sios_template_uses_star (const SiosTemplate *self)
{
  return uses (self, PART_STAR);
}

const char *
sios_template_get_constant (const SiosTemplate *self)
{
  return self->parts->len == 1 && g_array_index (self->parts, Part, 0).kind == PART_TEXT
             ? self->text
             : NULL;
}

static const char *
describe (SioArgType type)
{
  static const char *const names[] = {
    [SIO_ARG_NONE] = "nothing",      [SIO_ARG_NULL] = "null",
    [SIO_ARG_BOOLEAN] = "a boolean", [SIO_ARG_NUMBER] = "a number",
    [SIO_ARG_STRING] = "a string",   [SIO_ARG_ARRAY] = "an array",
    [SIO_ARG_OBJECT] = "an object",  [SIO_ARG_BYTES] = "binary data",
  };

  return names[type];
}

/* @whole: the client names all of it, whose scheme somebody else checks. */
static gboolean
is_value (const char *text, gsize length, gboolean whole)
{
  if (length == 0 || length > SIOS_TEMPLATE_MAX_VALUE)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (g_ascii_iscntrl (text[i]) || (text[i] == ':' && !whole))
      return FALSE;
  return TRUE;
}

static SiosTemplateResult
bad_value (const Part *part, gboolean whole, char **problem)
{
  *problem = g_strdup_printf ("argument %s: expected 1 to %d bytes without %scontrol characters",
                              part->text, SIOS_TEMPLATE_MAX_VALUE, whole ? "" : "colons and ");
  return SIOS_TEMPLATE_BAD_ARGUMENT;
}

static SiosTemplateResult
append_argument (const Part *part,
                 const SiosTemplateValues *values,
                 gboolean whole,
                 GString *out,
                 char **problem)
{
  SioArgsIter iter;
  SioArgType type = SIO_ARG_NONE;
  g_autofree char *text = NULL;
  gint64 number;

  if (sio_args_iter_init_path (&iter, values->args, part->n, (const char *const *) part->path))
    type = sio_args_iter_get_arg_type (&iter);
  if (part->optional && (type == SIO_ARG_NONE || type == SIO_ARG_NULL))
    return SIOS_TEMPLATE_SKIPPED;
  if (type == SIO_ARG_NONE)
    {
      *problem = g_strdup_printf ("argument %s is missing", part->text);
      return SIOS_TEMPLATE_BAD_ARGUMENT;
    }
  if (type == SIO_ARG_NUMBER && sio_args_iter_get_int64 (&iter, &number))
    {
      g_string_append_printf (out, "%" G_GINT64_FORMAT, number);
      return SIOS_TEMPLATE_DONE;
    }
  if (type != SIO_ARG_STRING)
    {
      *problem = g_strdup_printf ("argument %s: expected a string or an integer, got %s",
                                  part->text, describe (type));
      return SIOS_TEMPLATE_BAD_ARGUMENT;
    }
  text = sio_args_iter_dup_string (&iter);
  if (text == NULL || !is_value (text, strlen (text), whole))
    return bad_value (part, whole, problem);
  g_string_append (out, text);
  return SIOS_TEMPLATE_DONE;
}

static SiosTemplateResult
append_identity (const char *value, GString *out, char **problem)
{
  if (value == NULL)
    {
      *problem = g_strdup ("this event needs a user who is authenticated");
      return SIOS_TEMPLATE_NO_IDENTITY;
    }
  g_string_append (out, value);
  return SIOS_TEMPLATE_DONE;
}

static SiosTemplateResult
append_part (const SiosTemplate *self,
             const Part *part,
             const SiosTemplateValues *values,
             gboolean as_room,
             GString *out,
             char **problem)
{
  SiosIdentity *identity = values->identity;
  gboolean whole = !as_room || self->parts->len == 1;
  const char *text = values->event;
  gsize length;

  switch (part->kind)
    {
    case PART_ARGUMENT:
      return append_argument (part, values, whole, out, problem);
    case PART_USER:
      return append_identity (identity != NULL ? identity->user : NULL, out, problem);
    case PART_TENANT:
      return append_identity (identity != NULL ? identity->tenant : NULL, out, problem);
    case PART_SOCKET:
      g_string_append (out, values->socket_id);
      return SIOS_TEMPLATE_DONE;
    case PART_EVENT:
    case PART_STAR:
      length = part->kind == PART_STAR ? values->matched_length : strlen (text);
      text = part->kind == PART_STAR ? values->matched : text;
      if (text == NULL || !is_value (text, length, whole))
        return bad_value (part, whole, problem);
      g_string_append_len (out, text, (gssize) length);
      return SIOS_TEMPLATE_DONE;
    case PART_TEXT:
    default:
      g_string_append (out, part->text);
      return SIOS_TEMPLATE_DONE;
    }
}

SiosTemplateResult
sios_template_expand (const SiosTemplate *self,
                      const SiosTemplateValues *values,
                      gboolean as_room,
                      GString *out,
                      char **problem)
{
  gsize start = out->len;

  for (guint i = 0; i < self->parts->len; i++)
    {
      SiosTemplateResult result =
          append_part (self, &g_array_index (self->parts, Part, i), values, as_room, out, problem);

      if (result != SIOS_TEMPLATE_DONE)
        return result;
    }
  if (out->len - start > SIOS_TEMPLATE_MAX_LENGTH)
    {
      *problem = g_strdup_printf ("expected a name of at most %d bytes for %s",
                                  SIOS_TEMPLATE_MAX_LENGTH, self->text);
      return SIOS_TEMPLATE_BAD_ARGUMENT;
    }
  return SIOS_TEMPLATE_DONE;
}
