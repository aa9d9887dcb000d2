/**
 * `node provider.mjs FILE`: an OpenID provider for tests, as the file says (JSON): port, certificate
 * and key (paths), redirects, and who has which groups. Anybody logs in with any password.
 *
 * It says "ready" once it listens, then of each request for tokens what came of it, and when it took
 * some back. It ends with its standard input.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { Provider } from "oidc-provider";

const said = JSON.parse(readFileSync(process.argv[2], "utf8"));
/** Seconds that an id_token lives, by client. */
const LIVES = { "virt-ui": 3600, elsewhere: 3600, short: 120, brief: 6 };

const provider = new Provider(`https://localhost:${said.port}`, {
  clients: Object.keys(LIVES).map((name) => ({
    client_id: name,
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    redirect_uris: said.redirects,
  })),
  claims: { openid: ["sub"], groups: ["groups"] },
  // kube-apiserver looks into the id_token alone
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, groups: said.groups[id] ?? [] }),
  }),
  rotateRefreshToken: true,
  features: { revocation: { enabled: true } },
  ttl: { IdToken: (_, __, client) => LIVES[client.clientId], Session: 3600, Grant: 3600 },
  cookies: { keys: ["of this run"] },
  pkce: { required: () => true },
});

const tell = (ctx, what) => process.stdout.write(`${ctx.oidc.params?.grant_type}: ${what}\n`);
provider.on("grant.success", (ctx) => tell(ctx, "given"));
provider.on("grant.revoked", () => process.stdout.write("revoked\n"));
provider.on("grant.error", (ctx, error) => tell(ctx, error.message));

const tls = { cert: readFileSync(said.certificate), key: readFileSync(said.key) };
createServer(tls, provider.callback()).listen(said.port, "localhost", () => {
  process.stdout.write("ready\n");
});
process.stdin.on("end", () => process.exit()).resume();
