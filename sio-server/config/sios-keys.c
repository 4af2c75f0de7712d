/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config.h"

#include "sios-keys.h"

#include <sio.h>
#include <string.h>

#include "sios-credential.h"
#include "sios-jwt.h"
#include "sios-listen.h"
#include "sios-room-policy.h"
#include "sios-rule-set.h"
#include "sios-rule.h"
#include "sios-token-source.h"

#define MAX_MS G_MAXINT
#define HOUR_MS (60 * 60 * 1000)
#define YEAR_MS (G_GUINT64_CONSTANT (365) * 24 * HOUR_MS)

static gboolean
check_path (const char *text, GError **error)
{
  if (text[0] == '/' && strpbrk (text, "?# ") == NULL && strspn (text, "/") < strlen (text))
    return TRUE;
  /* Everything below "/" would be Socket.IO's, and the built-in page out of reach. */
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a path that begins with a slash and has more, for example /socket.io, "
               "got \"%s\"",
               text);
  return FALSE;
}

static gboolean
check_optional_path (const char *text, GError **error)
{
  return *text == '\0' || check_path (text, error);
}

/* A name as in RFC 6265: anything else would end the header. */
static gboolean
check_token (const char *text, GError **error)
{
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c) || strchr ("()<>@,;:\\\"/[]?={}", *c) != NULL)
      {
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                     "expected letters, digits and a few signs such as - and _, got \"%s\"", text);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_cookie_path (const char *text, GError **error)
{
  gboolean ok = text[0] == '/' && strchr (text, ';') == NULL;

  for (const char *c = text; ok && *c != '\0'; c++)
    ok = g_ascii_isgraph (*c);
  if (!ok)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                 "expected a path that begins with a slash, without spaces and semicolons, got "
                 "\"%s\"",
                 text);
  return ok;
}

static gboolean
check_bus (const char *text, GError **error)
{
  if (strcmp (text, "system") == 0 || strcmp (text, "session") == 0 || strcmp (text, "none") == 0 ||
      g_dbus_is_supported_address (text, NULL))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected system, session, none or an address such as unix:path=/run/bus, got "
               "\"%s\"",
               text);
  return FALSE;
}

static gboolean
check_bus_name (const char *text, GError **error)
{
  if (g_dbus_is_name (text) && !g_dbus_is_unique_name (text))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a name such as org.sioglib.Server1, got \"%s\"", text);
  return FALSE;
}

static gboolean
check_origin (const char *text, GError **error)
{
  const char *rest = strstr (text, "://");

  if (strcmp (text, "*") == 0 || strcmp (text, "null") == 0)
    return TRUE;
  if (rest != NULL && rest > text && rest[3] != '\0' && strpbrk (rest + 3, "/ ?#*") == NULL)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected * or an origin without a path, for example https://example.org, got "
               "\"%s\"",
               text);
  return FALSE;
}

static gboolean
check_proxy (const char *text, GError **error)
{
  return sio_engine_check_proxy (text, error);
}

static gboolean
check_token_source (const char *text, GError **error)
{
  g_autoptr (SiosTokenSource) source = sios_token_source_new (text, error);

  return source != NULL;
}

static gboolean
check_claim (const char *text, GError **error)
{
  if (*text != '\0')
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                       "expected the name of a claim, for example sub or realm_access.roles");
  return FALSE;
}

/* Clients write it in front of a comma. */
static gboolean
check_namespace (const char *name)
{
  return name[0] == '/' && strchr (name, ',') == NULL && strlen (name) <= 200;
}

static gboolean
check_admin_namespace (const char *text, GError **error)
{
  if (check_namespace (text) && text[1] != '\0')
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a slash and more, without a comma, for example /admin, got \"%s\"", text);
  return FALSE;
}

static gboolean
check_user_name (const char *text, GError **error)
{
  if (*text != '\0' && strlen (text) <= 64)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a name of 1 to 64 bytes, got \"%s\"", text);
  return FALSE;
}

static const char *const log_levels[] = { "error", "warning", "notice", "info", "debug", NULL };
static const char *const transports[] = { "polling", "websocket", NULL };
static const char *const same_site[] = { "none", "lax", "strict", NULL };
static const char *const slow_policies[] = { "close", "drop-volatile", "drop-oldest-volatile",
                                             NULL };
static const char *const limit_actions[] = { "count", "drop", "disconnect", NULL };
static const char *const auto_rooms[] = { "user",   "all-users", "groups", "admin",
                                          "tenant", "none",      NULL };
static const char *const default_rules[] = { "drop", "relay-to-joined-rooms", "reject", NULL };
static const char *const auth_modes[] = { "none", "optional", "required", NULL };
static const char *const namespace_auth_modes[] = { "default", "none", "optional", "required",
                                                    NULL };
/* In the order of SiosAlg. */
static const char *const algorithms[] = { "HS256", "HS384", "HS512", "RS256", "RS384",
                                          "RS512", "PS256", "PS384", "PS512", "ES256",
                                          "ES384", "ES512", "EdDSA", NULL };
static const char *const admin_auths[] = { "password", "none", NULL };
static const char *const admin_modes[] = { "production", "development", NULL };

#define STRING(group, name, flags, fallback, check, summary)                                       \
  {                                                                                                \
    group, name, SIOS_KEY_STRING, flags, fallback, 0, 0, NULL, check, SIOS_TARGET_NONE, NULL,      \
        summary                                                                                    \
  }
#define LIST(group, name, flags, fallback, check, summary)                                         \
  {                                                                                                \
    group, name, SIOS_KEY_LIST, flags, fallback, 0, 0, NULL, check, SIOS_TARGET_NONE, NULL,        \
        summary                                                                                    \
  }
#define BOOLEAN(group, name, flags, fallback, target, property, summary)                           \
  {                                                                                                \
    group, name, SIOS_KEY_BOOLEAN, flags, fallback, 0, 0, NULL, NULL, SIOS_TARGET_##target,        \
        property, summary                                                                          \
  }
#define RANGE(group, name, type, fallback, min, max, target, property, summary)                    \
  {                                                                                                \
    group, name, SIOS_KEY_##type, SIOS_KEY_NONE, fallback, min, max, NULL, NULL,                   \
        SIOS_TARGET_##target, property, summary                                                    \
  }
#define CHOICE(group, name, type, fallback, choices, target, property, summary)                    \
  {                                                                                                \
    group, name, SIOS_KEY_##type, SIOS_KEY_NONE, fallback, 0, 0, choices, NULL,                    \
        SIOS_TARGET_##target, property, summary                                                    \
  }

static const char *const event_acks[] = { "none", "ok", "count", "id", NULL };
static const char *const event_rate_per[] = { "user", "socket", NULL };

static gboolean
check_namespace_item (const char *text, GError **error)
{
  if (check_namespace (text))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a name that begins with a slash and has no comma, got \"%.80s\"", text);
  return FALSE;
}

static gboolean
check_track_event (const char *text, GError **error)
{
  if (*text == '\0' || (strlen (text) <= 100 && !sios_rule_is_reserved (text)))
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               "expected a name of at most 100 bytes that the protocol does not use itself, got "
               "\"%.80s\"",
               text);
  return FALSE;
}

static const SiosGroupKind groups[] = {
  { "server", FALSE, "Where and how clients connect." },
  { "limits", FALSE, "What one client, and all of them, may do; 0 is without limit." },
  { "auth", FALSE, "Tokens (JWT) that say who a client is." },
  { "api", FALSE, "Steering the server over HTTP, below /api/v1." },
  { "metrics", FALSE, "Numbers for Prometheus." },
  { "dbus", FALSE, "Steering the server over D-Bus; see org.sioglib.Server1." },
  { "namespace", TRUE,
    "[namespace NAME] makes a namespace, for example [namespace /chat]; / is always there.", TRUE,
    check_namespace, "/NAME], a name that begins with a slash and has no comma", "/" },
  { "admin", FALSE, "The namespace of the official Admin UI." },
  { "event", TRUE,
    "[event NAME] says what happens when a client emits NAME; * stands for characters without "
    "colons, ** for any, NAME#LABEL sends it to others, too.",
    FALSE, sios_rule_check_name,
    "NAME], a name of 1 to 100 bytes that the protocol does not use itself, with one * or ** at "
    "most and without \" \\ { }, maybe with #label",
    "message:send" },
  { "track", TRUE,
    "[track NAME] is a list of users in each room, for the key \"track\" of [event NAME].", FALSE,
    sios_rule_check_track_name, "NAME], a name of small letters, digits and -", "typing" },
};

static const SiosKey keys[] = {
  /* clang-format off */
  LIST ("server", "listen", SIOS_KEY_RESTART, "tcp:localhost:3000", sios_listen_check,
        "Where to listen: tcp:HOST:PORT, tls:HOST:PORT, unix:PATH[:MODE], systemd:NAME or "
        "fd:NUMBER."),
  STRING ("server", "path", SIOS_KEY_RESTART, "/socket.io", check_path,
          "Path of Socket.IO."),
  STRING ("server", "websocket-path", SIOS_KEY_RESTART, "", check_optional_path,
          "Path where plain WebSocket clients connect; empty for nowhere."),
  CHOICE ("server", "transports", CHOICES, "polling;websocket", transports, ENGINE, "transports",
          "Transports that clients may open sessions with."),
  BOOLEAN ("server", "allow-upgrades", SIOS_KEY_NONE, "true", ENGINE, "allow-upgrades",
           "Whether sessions may change from polling to WebSocket."),
  BOOLEAN ("server", "allow-eio3", SIOS_KEY_NONE, "false", ENGINE, "allow-eio3",
           "Whether clients of Socket.IO 1 and 2 are served."),
  RANGE ("server", "ping-interval", TIME, "25s", 1, MAX_MS, ENGINE, "ping-interval",
         "How often each client is asked whether it is still there."),
  RANGE ("server", "ping-timeout", TIME, "20s", 1, MAX_MS, ENGINE, "ping-timeout",
         "How long the answer to that may take."),
  RANGE ("server", "upgrade-timeout", TIME, "10s", 1, MAX_MS, ENGINE, "upgrade-timeout",
         "How long a change of transport may take."),
  RANGE ("server", "connect-timeout", TIME, "45s", 0, MAX_MS, SERVER, "connect-timeout",
         "When a connection that joins no namespace is closed; 0s for never."),
  RANGE ("server", "request-timeout", TIME, "30s", 1, MAX_MS, ENGINE, "request-timeout",
         "How long an HTTP request may take to arrive."),
  RANGE ("server", "body-timeout", TIME, "2min", 1, MAX_MS, ENGINE, "body-timeout",
         "How long the body of a request may take, and a client may take nothing of its answer."),
  LIST ("server", "trusted-proxies", SIOS_KEY_NONE, "", check_proxy,
        "Reverse proxies that may tell the address of a client in X-Forwarded-For: addresses, "
        "networks such as 10.0.0.0/8, and unix for Unix sockets."),
  LIST ("server", "cors-origins", SIOS_KEY_NONE, "", check_origin,
        "Origins of web pages that may connect besides those of this server; * for any."),
  BOOLEAN ("server", "cors-credentials", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether such pages may send cookies."),
  STRING ("server", "cookie", SIOS_KEY_NONE, "", check_token,
          "Name of a cookie with the session's id, for load balancers; empty for none."),
  STRING ("server", "cookie-path", SIOS_KEY_NONE, "/", check_cookie_path,
          "Path of that cookie."),
  BOOLEAN ("server", "cookie-secure", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether browsers send that cookie over TLS only."),
  CHOICE ("server", "cookie-same-site", CHOICE, "lax", same_site, NONE, NULL,
          "Which requests of pages of other sites carry that cookie."),
  STRING ("server", "tls-certificate", SIOS_KEY_NONE, "", NULL,
          "PEM file with the certificate and its chain, for tls: addresses: a path, or credential:NAME."),
  STRING ("server", "tls-key", SIOS_KEY_NONE, "", NULL,
          "PEM file with the private key: a path, credential:NAME, or empty if it is in the file of the "
          "certificate."),
  BOOLEAN ("server", "http-compression", SIOS_KEY_NONE, "true", ENGINE, "http-compression",
           "Whether answers to polling are compressed."),
  RANGE ("server", "http-compression-threshold", SIZE, "1K", 0, G_MAXINT, ENGINE,
         "http-compression-threshold",
         "From which size on they are."),
  BOOLEAN ("server", "per-message-deflate", SIOS_KEY_NONE, "false", ENGINE, "per-message-deflate",
           "Whether WebSocket messages are compressed."),
  RANGE ("server", "per-message-deflate-threshold", SIZE, "1K", 0, G_MAXINT, ENGINE,
         "per-message-deflate-threshold",
         "From which size on they are."),
  BOOLEAN ("server", "recovery", SIOS_KEY_NONE, "false", RECOVERY, "enabled",
           "Whether clients that lost their connection continue where they were."),
  RANGE ("server", "recovery-duration", TIME, "2min", 1, MAX_MS, RECOVERY,
         "max-disconnection-duration",
         "For how long they can."),
  STRING ("server", "recovery-file", SIOS_KEY_RESTART, "", sios_state_file_check,
          "File that keeps their sessions while the server restarts: a path, state:NAME in the directory "
          "that systemd gives the service, or empty for none."),
  RANGE ("server", "drain-rate", INTEGER, "500", 1, 1000000, NONE, NULL,
         "Sessions that are closed per second when the server stops or drains."),
  RANGE ("server", "drain-timeout", TIME, "30s", 0, HOUR_MS, NONE, NULL,
         "When the last of them is closed, if need be at a higher rate; 0s for all at once."),
  RANGE ("server", "retry-after", TIME, "5s", 0, HOUR_MS, ENGINE, "retry-after",
         "When clients that are refused meanwhile shall try again, in full seconds."),
  LIST ("server", "rules", SIOS_KEY_NONE, "", sios_rule_set_check,
        "Rule sets to include: names of files in rules-dir without .conf, or paths."),
  STRING ("server", "rules-dir", SIOS_KEY_NONE, SIO_RULES_DIR, NULL,
          "Directory with the rule sets."),
  STRING ("server", "client-dir", SIOS_KEY_RESTART, SIO_CLIENT_BUNDLE_DIR, NULL,
          "Directory with the browser client's files (socket.io.js); empty to serve none."),
  BOOLEAN ("server", "page", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether the built-in page is served at /."),
  BOOLEAN ("server", "status", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether GET /status answers with numbers."),
  CHOICE ("server", "log-level", CHOICE, "info", log_levels, NONE, NULL,
          "The least important messages that are logged."),
  BOOLEAN ("server", "log-disconnects", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether each socket that leaves is logged, with reason, duration and bytes; needs log-level info."),

  RANGE ("limits", "max-payload", SIZE, "1000000", 1, G_MAXINT32, ENGINE, "max-payload",
         "Bytes of one message, or of the body of one polling request."),
  RANGE ("limits", "max-buffered-bytes", SIZE, "16M", 1024, G_MAXINT64, ENGINE,
         "max-buffered-bytes",
         "Bytes that may wait for one client."),
  CHOICE ("limits", "slow-consumer-policy", CHOICE, "drop-volatile", slow_policies, ENGINE,
          "slow-consumer-policy",
          "What happens to clients that read too slowly."),
  RANGE ("limits", "max-connections", INTEGER, "0", 0, G_MAXUINT, ENGINE, "max-connections",
         "Connections at a time."),
  RANGE ("limits", "max-connections-per-address", INTEGER, "0", 0, G_MAXUINT, ENGINE,
         "max-connections-per-address",
         "Connections at a time from one address; behind a proxy that is not one of trusted-proxies "
         "leave it at 0."),
  BOOLEAN ("limits", "enforce", SIOS_KEY_NONE, "true", ENGINE, "enforce-limits",
           "Whether limits of connections, events and rooms refuse, or only count."),
  RANGE ("limits", "max-events-per-second", NUMBER, "0", 0, 1000000, SERVER,
         "max-events-per-second",
         "Events that each socket may send."),
  RANGE ("limits", "max-event-burst", INTEGER, "0", 0, G_MAXINT, SERVER, "max-event-burst",
         "Events that a socket may send at once; 0 for those of a second."),
  RANGE ("limits", "max-event-bytes", SIZE, "0", 0, G_MAXINT64, SERVER, "max-event-bytes",
         "Bytes of an event's arguments."),
  CHOICE ("limits", "event-limit-action", CHOICE, "drop", limit_actions, SERVER,
          "event-limit-action",
          "What happens to events beyond these limits."),
  RANGE ("limits", "max-rooms-per-socket", INTEGER, "100", 0, G_MAXINT, SERVER,
         "max-rooms-per-socket",
         "Rooms that a socket may be in besides its own and the automatic ones."),
  RANGE ("limits", "max-room-name-length", INTEGER, "300", 1, 4096, NONE, NULL,
         "Bytes of the name of a room that a client joins."),
  RANGE ("limits", "max-attachments", INTEGER, "10", 0, G_MAXUINT16, SERVER, "max-attachments",
         "Pieces of binary data in an event; 0 for none."),
  RANGE ("limits", "max-depth", INTEGER, "64", 2, 1024, SERVER, "max-depth",
         "How deeply an event's arguments may be nested."),
  RANGE ("limits", "max-inflate-ratio", INTEGER, "200", 0, G_MAXUINT16, ENGINE, "max-inflate-ratio",
         "How many times larger a compressed message may become."),
  RANGE ("limits", "recovery-max-packets", INTEGER, "10000", 1, 1 << 29, RECOVERY, "max-packets",
         "Events that each namespace keeps for clients that come back."),
  RANGE ("limits", "recovery-max-packet-bytes", SIZE, "16M", 0, G_MAXINT64, RECOVERY,
         "max-packet-bytes",
         "Bytes of these events; 0 for none."),
  RANGE ("limits", "recovery-max-sessions", INTEGER, "100000", 0, G_MAXINT, RECOVERY,
         "max-sessions",
         "Sessions of disconnected clients that each namespace keeps; 0 for none."),
  RANGE ("limits", "recovery-max-session-bytes", SIZE, "64M", 0, G_MAXINT64, RECOVERY,
         "max-session-bytes",
         "Bytes of these sessions; 0 for none."),
  RANGE ("limits", "recovery-max-file-bytes", SIZE, "256M", 0, G_MAXINT64, RECOVERY,
         "max-file-bytes",
         "Bytes of a recovery-file that is loaded; 0 for none."),
  RANGE ("limits", "max-rated-users", INTEGER, "100000", 0, 100000000, NONE, NULL,
         "Users whose events are counted for rates of [event NAME] at a time; of further ones "
         "each socket counts."),

  CHOICE ("auth", "mode", CHOICE, "none", auth_modes, NONE, NULL,
          "Whether clients need a token: not at all, if they have one it has to be good, or always."),
  STRING ("auth", "token-source", SIOS_KEY_NONE, SIOS_TOKEN_SOURCE_DEFAULT, check_token_source,
          "Where in a handshake the token is, the first place that has one: auth:NAME, authorization, "
          "query:NAME or cookie:NAME."),
  CHOICE ("auth", "algorithms", CHOICES,
          "HS256;HS384;HS512;RS256;RS384;RS512;PS256;PS384;PS512;ES256;ES384;ES512;EdDSA",
          algorithms, NONE, NULL,
          "Algorithms of signatures that are allowed, where there is a key for them."),
  STRING ("auth", "secret-file", SIOS_KEY_NONE, "", sios_credential_check,
          "File with the shared secret of HS256 and the like, 32 bytes or more: a path, or "
          "credential:NAME."),
  LIST ("auth", "key-files", SIOS_KEY_NONE, "", sios_credential_check,
        "PEM files with public keys or certificates."),
  STRING ("auth", "jwks-file", SIOS_KEY_NONE, "", sios_credential_check,
          "File with a set of keys (JWKS)."),
  STRING ("auth", "jwks-url", SIOS_KEY_NONE, "", NULL,
          "Address of a set of keys, https or of this machine; it is fetched again and again."),
  STRING ("auth", "jwks-ca-file", SIOS_KEY_NONE, "", sios_credential_check,
          "PEM file with the authorities to trust there, in place of the system's."),
  RANGE ("auth", "jwks-lifetime", TIME, "1h", 1000, MAX_MS, NONE, NULL,
         "How old these keys get if the answer does not say (Cache-Control)."),
  RANGE ("auth", "jwks-min-lifetime", TIME, "1min", 1000, MAX_MS, NONE, NULL,
         "How old they get at least, whatever it says."),
  RANGE ("auth", "jwks-max-lifetime", TIME, "24h", 1000, MAX_MS, NONE, NULL,
         "How old they get at most."),
  RANGE ("auth", "jwks-cooldown", TIME, "30s", 100, MAX_MS, NONE, NULL,
         "How often they are fetched because a token names an unknown key."),
  RANGE ("auth", "jwks-timeout", TIME, "10s", 100, MAX_MS, NONE, NULL,
         "How long fetching them may take."),
  RANGE ("auth", "jwks-max-bytes", SIZE, "256K", 256, 16 << 20, NONE, NULL,
         "Bytes of the answer."),
  LIST ("auth", "issuers", SIOS_KEY_NONE, "", NULL,
        "Issuers (iss) whose tokens are let in; empty for any."),
  LIST ("auth", "audiences", SIOS_KEY_NONE, "", NULL,
        "Audiences (aud) of which a token has to name one; empty for any."),
  LIST ("auth", "tenants", SIOS_KEY_NONE, "", NULL,
        "Tenants whose tokens are let in; empty for any."),
  STRING ("auth", "user-claim", SIOS_KEY_NONE, "sub", check_claim,
          "Claim with the user's id: a name, names with dots between, or a JSON pointer."),
  STRING ("auth", "role-claim", SIOS_KEY_NONE, "role", check_claim,
          "Claim with the user's role, or an array of roles."),
  STRING ("auth", "groups-claim", SIOS_KEY_NONE, "groups", check_claim,
          "Claim with the user's groups."),
  STRING ("auth", "tenant-claim", SIOS_KEY_NONE, "tenant", check_claim,
          "Claim with the tenant."),
  LIST ("auth", "admin-roles", SIOS_KEY_NONE, "admin", NULL,
        "Roles that make a user an administrator."),
  RANGE ("auth", "leeway", TIME, "60s", 0, HOUR_MS, NONE, NULL,
         "How far clocks may differ; whole seconds."),
  BOOLEAN ("auth", "require-expiry", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether tokens without an end (exp) are refused."),
  RANGE ("auth", "expiry-grace", TIME, "60s", 0, 24 * HOUR_MS, NONE, NULL,
         "How long a client may stay after its token expired, to renew it."),
  RANGE ("auth", "max-token-bytes", SIZE, "8K", 64, SIOS_JWT_MAX_LENGTH, NONE, NULL,
         "Bytes of a token."),
  RANGE ("auth", "max-claims-bytes", SIZE, "4K", 0, SIOS_JWT_MAX_LENGTH, NONE, NULL,
         "Bytes of a token's claims that are kept with its client; longer ones are not kept."),
  RANGE ("auth", "cache-size", INTEGER, "10000", 0, 10000000, NONE, NULL,
         "Verified tokens that are remembered until they expire."),
  RANGE ("auth", "max-pending", INTEGER, "4096", 1, 1000000, NONE, NULL,
         "Tokens that are being verified at a time, and as many that wait for keys."),
  RANGE ("auth", "threads", INTEGER, "2", 1, 64, NONE, NULL,
         "Threads that check signatures."),
  RANGE ("auth", "revocation-duration", TIME, "24h", 1000, 10 * YEAR_MS, NONE, NULL,
         "How long a revocation lasts that does not say; no less than tokens live."),
  RANGE ("auth", "max-revocations", INTEGER, "100000", 0, 10000000, NONE, NULL,
         "Revocations at a time."),
  STRING ("auth", "revocations-file", SIOS_KEY_NONE, "state:revocations", sios_state_file_check,
          "File that keeps revocations over a restart: a path, state:NAME in the directory that "
          "systemd gives the service, or empty for none."),

  BOOLEAN ("api", "enabled", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether the API is served."),
  LIST ("api", "listen", SIOS_KEY_RESTART, "", sios_listen_check,
        "Addresses of its own, as those of [server]; empty to serve it where clients connect."),
  STRING ("api", "token-file", SIOS_KEY_NONE, "", sios_credential_check,
          "File with lines of NAME:TOKEN:PERMISSIONS, an absolute path or credential:NAME; without "
          "tokens nobody may steer."),
  RANGE ("api", "failures-per-minute", INTEGER, "10", 0, 100000, NONE, NULL,
         "Wrong tokens that one address may send before it is held back; 0 for any number."),
  RANGE ("api", "max-body", SIZE, "1M", 1024, 1 << 30, NONE, NULL,
         "Bytes of the body of one call."),
  RANGE ("api", "max-connections", INTEGER, "256", 0, G_MAXUINT, NONE, NULL,
         "Connections at a time on addresses of its own; 0 for any number."),
  RANGE ("api", "max-connections-per-address", INTEGER, "64", 0, G_MAXUINT, NONE, NULL,
         "The same from one address; 0 for any number."),
  LIST ("api", "cors-origins", SIOS_KEY_NONE, "", check_origin,
        "Origins of web pages that may call the API and read /metrics, with a token; * for any."),

  BOOLEAN ("metrics", "enabled", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether the numbers are served."),
  STRING ("metrics", "path", SIOS_KEY_RESTART, "/metrics", check_path,
          "Where they are."),
  LIST ("metrics", "listen", SIOS_KEY_RESTART, "", sios_listen_check,
        "Addresses of their own, as those of [server]; empty to serve them where the API is."),
  BOOLEAN ("metrics", "public", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether anybody may read them; otherwise those with a token of [api] that permits read."),
  RANGE ("metrics", "max-event-labels", INTEGER, "50", 0, 10000, NONE, NULL,
         "Events that have numbers of their own; the others of a namespace share theirs."),
  RANGE ("metrics", "max-room-labels", INTEGER, "10", 0, 1000, NONE, NULL,
         "Largest rooms whose members are told; none are while there are more than 20000 rooms."),
  RANGE ("metrics", "memory-threshold", SIZE, "0", 0, G_MAXINT64, NONE, NULL,
         "Bytes that the process should not exceed, for alerts; 0 for none."),

  STRING ("dbus", "bus", SIOS_KEY_RESTART, "system", check_bus,
          "Where the server can be steered: system, session, none, or the address of a bus."),
  STRING ("dbus", "name", SIOS_KEY_RESTART, "org.sioglib.Server1", check_bus_name,
          "Name on the bus; several servers need several."),
  STRING ("dbus", "admin-group", SIOS_KEY_NONE, "sio-admin", NULL,
          "Group whose members may do everything where there is no PolicyKit; empty for none."),
  RANGE ("dbus", "max-subscriptions", INTEGER, "32", 0, 10000, NONE, NULL,
         "Subscriptions to changes, of all callers."),
  RANGE ("dbus", "max-streams", INTEGER, "4", 0, 1000, NONE, NULL,
         "Event streams that may be open at a time."),
  RANGE ("dbus", "stream-buffer", SIZE, "256K", 4096, G_MAXINT32, NONE, NULL,
         "Bytes that wait for the reader of an event stream; more is left out."),
  RANGE ("dbus", "reader-timeout", TIME, "30s", 1, MAX_MS, NONE, NULL,
         "When subscribers that do not answer, and readers that do not read, are dropped."),

  CHOICE ("namespace", "auth", CHOICE, "default", namespace_auth_modes, NONE, NULL,
          "Whether clients of this namespace need a token; default is auth.mode."),
  CHOICE ("namespace", "default", CHOICE, "drop", default_rules, NONE, NULL,
          "What becomes of events that the server does not know."),
  BOOLEAN ("namespace", "rooms", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether clients may use the events room:join, room:leave and room, and the other names of "
           "these."),
  LIST ("namespace", "join", SIOS_KEY_NONE, "**", sios_room_policy_check_pattern,
        "Patterns of the rooms that clients may join, for example conversation:*;doc:{groups}."),
  CHOICE ("namespace", "auto-rooms", CHOICES, "user;all-users;groups;admin;tenant", auto_rooms,
          NONE, NULL,
          "Rooms that authenticated clients are put into: user:ID, all-users, group:G for each "
          "group, admin-room, tenant:T."),
  BOOLEAN ("namespace", "room-scheme", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether names such as user_1 are refused where rooms are called user:1."),
  BOOLEAN ("namespace", "announce-members", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether those in a room that clients joined are told who comes and goes."),

  BOOLEAN ("admin", "enabled", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether admins may connect with the Admin UI."),
  STRING ("admin", "namespace", SIOS_KEY_RESTART, "/admin", check_admin_namespace,
          "Namespace they connect to; clients cannot use it for anything else."),
  CHOICE ("admin", "auth", CHOICE, "password", admin_auths, NONE, NULL,
          "Whether they need a password; with none, everybody who reaches the server is an admin."),
  STRING ("admin", "username", SIOS_KEY_NONE, "admin", check_user_name,
          "User whose password is on a line of password-file without a name."),
  STRING ("admin", "password-file", SIOS_KEY_NONE, "", sios_credential_check,
          "File with lines NAME:HASH, with hashes of bcrypt as htpasswd -nB writes them; "
          "credential:NAME for one of systemd."),
  BOOLEAN ("admin", "readonly", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether admins may only look."),
  CHOICE ("admin", "mode", CHOICE, "production", admin_modes, NONE, NULL,
          "Whether they see numbers only, or in development each socket, room and event, with what "
          "clients send."),
  STRING ("admin", "server-id", SIOS_KEY_NONE, "", NULL,
          "How the Admin UI tells this server from others; empty for the name of the host."),
  RANGE ("admin", "session-duration", TIME, "24h", 0, G_MAXINT64 / 1000, NONE, NULL,
         "How long a login goes on without the password."),
  RANGE ("admin", "max-sessions", INTEGER, "1000", 0, 1000000, NONE, NULL,
         "Logins that can go on; the oldest ends when there are more."),
  RANGE ("admin", "max-admins", INTEGER, "100", 1, G_MAXINT, NONE, NULL,
         "Admins at a time."),
  RANGE ("admin", "max-failures-per-minute", INTEGER, "10", 0, 1000000, NONE, NULL,
         "Failed logins from one address before others are refused; 0 for any number."),
  RANGE ("admin", "max-password-checks", INTEGER, "16", 1, 10000, NONE, NULL,
         "Passwords that wait to be checked."),
  RANGE ("admin", "max-listed-sockets", INTEGER, "10000", 1, G_MAXINT, NONE, NULL,
         "Sockets in the list that an admin gets in development mode."),
  RANGE ("admin", "max-event-bytes", SIZE, "16K", 0, G_MAXINT32, NONE, NULL,
         "Bytes of an event's arguments that admins see in development mode; of longer ones they "
         "see the size."),
  RANGE ("admin", "max-events-per-second", INTEGER, "1000", 0, G_MAXINT, NONE, NULL,
         "Events of clients that admins see in development mode; 0 for all, which slows the server "
         "down."),

  LIST ("event", "namespaces", SIOS_KEY_NONE, "", check_namespace_item,
        "Namespaces where this holds; empty for all."),
  BOOLEAN ("event", "enabled", SIOS_KEY_NONE, "true", NONE, NULL,
           "Whether this rule is followed; to switch one of a rule set off."),
  LIST ("event", "emit", SIOS_KEY_NONE, "", sios_rule_check_event_name,
        "Names to send the event with; empty for its own. {*} is what * matched, {event} all of "
        "it."),
  LIST ("event", "to", SIOS_KEY_NONE, "", sios_rule_check_template,
        "Who gets it: rooms such as memory:{0.memoryId} or user:{user}, {rooms}, {all}, {sender}; "
        "empty for nobody."),
  BOOLEAN ("event", "include-sender", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether the sender gets it, too."),
  CHOICE ("event", "ack", CHOICE, "ok", event_acks, NONE, NULL,
          "What the acknowledgement says: nothing comes, {ok}, {ok,count} of receivers, or "
          "{ok,id}."),
  LIST ("event", "add", SIOS_KEY_NONE, "", sios_rule_check_addition,
        "Members that the server sets in the first argument: timestamp, timestampMs, id, userId, "
        "socketId, role, tenant, event; NAME:userId for another name."),
  LIST ("event", "require", SIOS_KEY_NONE, "", sios_rule_check_requirement,
        "What the sender needs: auth, role:NAME (one of them), group:NAME (one of them), room (to "
        "be in all rooms of \"to\"), room:NAME."),
  LIST ("event", "schema", SIOS_KEY_NONE, "", NULL,
        "Files with JSON Schema, one for each argument; relative to the file with this line."),
  LIST ("event", "max-length", SIOS_KEY_NONE, "", sios_rule_check_length,
        "Characters that strings may have, such as content:5000 for a member of the first "
        "argument or 1:100 for the second argument."),
  STRING ("event", "rate", SIOS_KEY_NONE, "", sios_rule_check_rate,
          "How often it may be sent, such as 5/s, 10/min or 100/h, that many at once; empty for "
          "any number."),
  CHOICE ("event", "rate-per", CHOICE, "user", event_rate_per, NONE, NULL,
          "Whose events are counted: those of a user, or of each socket if nobody is "
          "authenticated, or always of each socket."),
  LIST ("event", "shadow", SIOS_KEY_NONE, "", sios_rule_check_shadow,
        "What only counts and does not refuse: rate, schema, max-length, require."),
  BOOLEAN ("event", "pass-on", SIOS_KEY_NONE, "false", NONE, NULL,
           "Whether the server goes on with the event as if there were no rule; wants ack=none."),
  STRING ("event", "track", SIOS_KEY_NONE, "", sios_rule_check_track,
          "NAME:add or NAME:remove puts the sender on the list of [track NAME] in the rooms of "
          "\"to\", or takes it off; without \"emit\" nothing else is sent."),
  STRING ("event", "store", SIOS_KEY_NONE, "", sios_rule_check_reserved,
          "Reserved for a later version; leave it empty."),
  STRING ("event", "webhook", SIOS_KEY_NONE, "", sios_rule_check_reserved,
          "Reserved for a later version; leave it empty."),

  STRING ("track", "emit", SIOS_KEY_NONE, "", check_track_event,
          "Name of the event with the list; empty for NAME:update."),
  RANGE ("track", "timeout", TIME, "0s", 0, 24 * HOUR_MS, NONE, NULL,
         "When somebody who says nothing more goes from the list; 0s for not before leaving."),
  RANGE ("track", "interval", TIME, "100ms", 0, 60 * 1000, NONE, NULL,
         "How long a room is not told of further changes; then of all at once."),
  RANGE ("track", "max-listed", INTEGER, "100", 1, 10000, NONE, NULL,
         "Users that the event lists at most; it always tells their number."),
  RANGE ("track", "max-rooms", INTEGER, "20", 1, 10000, NONE, NULL,
         "Rooms in which one socket may be on the list."),
  /* clang-format on */
};

const SiosKey *
sios_keys_list (guint *n_keys)
{
  *n_keys = G_N_ELEMENTS (keys);
  return keys;
}

const SiosGroupKind *
sios_groups_list (guint *n_groups)
{
  *n_groups = G_N_ELEMENTS (groups);
  return groups;
}

const SiosGroupKind *
sios_groups_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    if (strcmp (groups[i].name, name) == 0)
      return &groups[i];
  return NULL;
}

const SiosKey *
sios_keys_find (const char *group, const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (keys[i].group, group) == 0 && strcmp (keys[i].name, name) == 0)
      return &keys[i];
  return NULL;
}
