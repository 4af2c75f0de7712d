/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sio-eio-parts-private.h"

/* Whom to trust, and what to say if we do not. */

#define FLAGS_KEY "sio-tls-flags"

/* Authorities besides those of the system: their word counts as much. */
static gboolean
accept_cb (SoupMessage *message,
           GTlsCertificate *certificate,
           GTlsCertificateFlags flags,
           GTlsDatabase *authorities)
{
  GUri *uri = soup_message_get_uri (message);
  int port = g_uri_get_port (uri);
  g_autoptr (GSocketConnectable) identity =
      g_network_address_new (g_uri_get_host (uri), port > 0 ? (guint16) port : 443);
  GTlsCertificateFlags own_flags = g_tls_database_verify_chain (
      authorities, certificate, G_TLS_DATABASE_PURPOSE_AUTHENTICATE_SERVER, identity, NULL,
      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL);

  /* If they did not sign it either, the system's word is the better explanation. */
  if ((own_flags & G_TLS_CERTIFICATE_UNKNOWN_CA) == 0)
    g_object_set_data (G_OBJECT (message), FLAGS_KEY, GUINT_TO_POINTER (own_flags));
  return own_flags == 0;
}

void
sio_eio_tls_prepare (SioEioClient *self, SoupMessage *message)
{
  if (self->options->identity != NULL)
    soup_message_set_tls_client_certificate (message, self->options->identity);
  if (self->options->authorities != NULL)
    g_signal_connect_object (message, "accept-certificate", G_CALLBACK (accept_cb),
                             self->options->authorities, 0);
}

static char *
explain_certificate (SoupMessage *message)
{
  static const struct
  {
    GTlsCertificateFlags flag;
    const char *text;
  } reasons[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA,
      "no trusted authority signed it (if the authority is your own, trust its certificate: see "
      "sio_manager_trust_file())" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY,
      "it is for another host (use the name that is in the certificate)" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED,
      "it is not valid yet (is the clock of this machine right?)" },
    { G_TLS_CERTIFICATE_EXPIRED,
      "it has expired (the server needs a new one, or the clock of this machine is wrong)" },
    { G_TLS_CERTIFICATE_REVOKED, "it was revoked (the server needs a new one)" },
    { G_TLS_CERTIFICATE_INSECURE, "its algorithm is insecure (the server needs a new one)" },
  };
  gpointer own_flags = g_object_get_data (G_OBJECT (message), FLAGS_KEY);
  GTlsCertificateFlags flags = own_flags != NULL
                                   ? GPOINTER_TO_UINT (own_flags)
                                   : soup_message_get_tls_peer_certificate_errors (message);
  GString *text = g_string_new ("the certificate of the server is not acceptable");
  const char *separator = ": ";

  for (guint i = 0; i < G_N_ELEMENTS (reasons); i++)
    if ((flags & reasons[i].flag) != 0)
      {
        g_string_append_printf (text, "%s%s", separator, reasons[i].text);
        separator = "; ";
      }
  return g_string_free (text, FALSE);
}

/* libsoup only says that a certificate is not acceptable. */
void
sio_eio_tls_explain (SioEioClient *self, SoupMessage *message, GError **error)
{
  g_autofree char *text = NULL;

  if ((*error)->domain != G_TLS_ERROR)
    return;
  if (g_error_matches (*error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    text = explain_certificate (message);
  else if (soup_message_get_tls_peer_certificate (message) == NULL)
    text = g_strdup_printf ("%s (if the server does not speak TLS on this port, its address begins "
                            "with http: or ws:)",
                            (*error)->message);
  else
    text = g_strdup_printf (
        "%s (maybe the server %s: see SioManager:tls-certificate)", (*error)->message,
        self->options->identity == NULL ? "asks for a certificate of this client, and none is set"
                                        : "does not accept the certificate of this client");
  g_free ((*error)->message);
  (*error)->message = g_steal_pointer (&text);
}
