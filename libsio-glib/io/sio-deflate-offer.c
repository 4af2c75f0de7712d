/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-deflate-private.h"

#include <string.h>

/* One extension of the list, as it is read */
typedef struct
{
  gboolean ours;     /* permessage-deflate */
  gboolean declined; /* a parameter that is unknown, twice there, or has a wrong value */
  gboolean server_no_context;
  gboolean client_no_context;
  gboolean client_bits;
  guint server_bits; /* 0: not given */
} Offer;

/* tchar of RFC 9110 §5.6.2 */
static gsize
token_length (const char *text)
{
  gsize n = 0;

  while (g_ascii_isalnum (text[n]) || (text[n] != '\0' && strchr ("!#$%&'*+-.^_`|~", text[n])))
    n++;
  return n;
}

static const char *
skip_space (const char *text)
{
  return text + strspn (text, " \t");
}

/* A token, or a quoted string that holds one. NULL if it is neither; else what follows. */
static const char *
read_value (const char *text, GString *value)
{
  gsize n;

  if (*text != '"')
    {
      n = token_length (text);
      g_string_append_len (value, text, (gssize) n);
      return n > 0 ? text + n : NULL;
    }
  for (text++; *text != '"'; text++)
    {
      if (*text == '\\')
        text++;
      if (*text == '\0')
        return NULL;
      g_string_append_c (value, *text);
    }
  return value->len > 0 && token_length (value->str) == value->len ? text + 1 : NULL;
}

/* 8 to 15, without leading zeros; else 0 */
static guint
read_bits (const char *value)
{
  if (strlen (value) == 1 && value[0] >= '8' && value[0] <= '9')
    return (guint) (value[0] - '0');
  if (strlen (value) == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5')
    return 10 + (guint) (value[1] - '0');
  return 0;
}

static gboolean
name_is (const char *name, gsize length, const char *wanted)
{
  return strlen (wanted) == length && g_ascii_strncasecmp (name, wanted, length) == 0;
}

/* @value is NULL if there is none. FALSE if the offer cannot be accepted with this parameter. */
static gboolean
take_parameter (Offer *offer, const char *name, gsize length, const char *value)
{
  gboolean *flag = NULL;

  if (name_is (name, length, "server_max_window_bits"))
    {
      if (offer->server_bits != 0 || value == NULL)
        return FALSE;
      offer->server_bits = read_bits (value);
      return offer->server_bits != 0;
    }
  if (name_is (name, length, "client_max_window_bits"))
    {
      flag = &offer->client_bits;
      if (value != NULL && read_bits (value) == 0)
        return FALSE;
    }
  else if (name_is (name, length, "server_no_context_takeover"))
    flag = &offer->server_no_context;
  else if (name_is (name, length, "client_no_context_takeover"))
    flag = &offer->client_no_context;
  if (flag == NULL || *flag || (value != NULL && flag != &offer->client_bits))
    return FALSE;
  *flag = TRUE;
  return TRUE;
}

/* Reads one extension with its parameters. NULL if it is malformed; else what follows. */
static const char *
read_offer (const char *text, Offer *offer)
{
  gsize length = token_length (text);

  memset (offer, 0, sizeof *offer);
  if (length == 0)
    return NULL;
  offer->ours = name_is (text, length, "permessage-deflate");
  for (text = skip_space (text + length); *text == ';'; text = skip_space (text))
    {
      g_autoptr (GString) value = g_string_new (NULL);
      const char *name = skip_space (text + 1);
      gboolean has_value;

      length = token_length (name);
      if (length == 0)
        return NULL;
      text = skip_space (name + length);
      has_value = *text == '=';
      if (has_value)
        text = read_value (skip_space (text + 1), value);
      if (text == NULL)
        return NULL;
      if (!take_parameter (offer, name, length, has_value ? value->str : NULL))
        offer->declined = TRUE;
    }
  return *text == ',' || *text == '\0' ? text : NULL;
}

static char *
accept (const Offer *offer, SioDeflateForm *form)
{
  guint bits = 15;

  if (offer->server_bits == 0 || offer->server_bits == 15)
    *form = SIO_DEFLATE_WINDOW_15;
  else if (offer->server_bits >= 12)
    *form = SIO_DEFLATE_WINDOW_12;
  else
    *form = SIO_DEFLATE_WINDOW_9;
  if (*form == SIO_DEFLATE_WINDOW_12)
    bits = 12;
  else if (*form == SIO_DEFLATE_WINDOW_9)
    bits = MIN (offer->server_bits, 9);
  if (offer->server_bits == 0)
    return g_strdup ("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  return g_strdup_printf ("permessage-deflate; server_no_context_takeover; "
                          "client_no_context_takeover; server_max_window_bits=%u",
                          bits);
}

SioDeflateAnswer
sio_deflate_negotiate (const char *offers, SioDeflateForm *form, char **response)
{
  g_autofree char *accepted = NULL;

  *form = SIO_DEFLATE_NONE;
  for (;;)
    {
      Offer offer;

      offers += strspn (offers, ", \t");
      if (*offers == '\0')
        break;
      offers = read_offer (offers, &offer);
      if (offers == NULL)
        {
          *form = SIO_DEFLATE_NONE;
          return SIO_DEFLATE_MALFORMED;
        }
      if (accepted == NULL && offer.ours && !offer.declined)
        accepted = accept (&offer, form);
    }
  *response = g_steal_pointer (&accepted);
  return *response != NULL ? SIO_DEFLATE_AGREED : SIO_DEFLATE_DECLINED;
}
