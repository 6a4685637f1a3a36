/** Of endpoints and file roots. `../zh/endpoints.ts` has the same entries. */
export const endpoints = {
  help: {
    endpointForms: `Endpoints (SRC, DST):
  s3://bucket/folder?endpoint=http://host:9000&region=us-east-1   also: profile=, addressing=path|virtual, ca=FILE
  postgres://user@host:5432/database?sslmode=verify-full           also: ca=FILE, host=/socket/folder
  file:///absolute/path                                            below a registered file root
  ssh://user@host:22?become=sudo                                   a Linux machine: source, or a rescue system at its target
  image:./disk.qcow2?format=qcow2                                  a disk image below a registered file root: a target
  NAME                                                             a saved endpoint
Credentials come from SMARTANT_SOURCE_… and SMARTANT_TARGET_… (ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN),
AWS_…, or an AWS profile; passwords of databases from SMARTANT_SOURCE_PASSWORD and SMARTANT_TARGET_PASSWORD,
PGPASSWORD or a file; of hosts from key files (--source-identity) or SMARTANT_SOURCE_PASSWORD, …_PASSPHRASE and …_BECOME_PASSWORD;
never from arguments.`,
    sideNetwork: `An endpoint that is written here takes the --via-… and --tls-… options of "endpoint add" with its side in front:
  --source-via-ssh USER@HOST --source-via-key FILE   --target-tls-pin SHA256   …
Passwords come from SMARTANT_SOURCE_VIA_PASSWORD and SMARTANT_TARGET_VIA_PASSWORD, or SMARTANT_VIA_PASSWORD for both.`,
    endpoint: 'places where data is',
    endpointAdd: 'save an endpoint under a name',
    endpointUpdate: 'replace the secret of an endpoint; with a URL, its location too',
    endpointUpdateProfile: 'AWS profile that holds the new keys (without: as in "endpoint add")',
    viaProxy: 'reach it over this HTTP proxy (http://[USER@]HOST:PORT); repeatable',
    viaSocks: 'reach it over this SOCKS 5 proxy ([USER@]HOST[:PORT]); after HTTP proxies; repeatable',
    viaSsh: 'reach it over this bastion (USER@HOST[:PORT]); after proxies; repeatable, in the order of travel',
    viaHostKey: "the bastion's host key (SHA256:…; default: what ~/.ssh/known_hosts has); repeatable",
    viaKey: 'private key file for the bastion; else the password of SMARTANT_VIA_PASSWORD; repeatable, one a bastion',
    tlsServerName: 'the name that the certificate must carry, if not that of the address',
    tlsMin: 'the least version of TLS: 1.2 or 1.3',
    tlsPin: 'SHA-256 of the one certificate that is accepted, whatever else is wrong with it',
    tlsClientCert: 'client certificate, with its chain, as a PEM file',
    tlsClientKey: 'private key of the client certificate, as a PEM file',
    endpointList: 'list saved endpoints',
    endpointShow: 'show an endpoint; secrets are never shown',
    endpointTest: 'reach an endpoint, sign in, and say what it can do',
    endpointLimits: 'show or change what all migrations of an endpoint share',
    endpointRm: 'forget an endpoint and its secret; its data stays',
    endpointImport: 'save a list of endpoints (.csv, .json, .yaml), or the S3 remotes of an rclone.conf',
    importBucket: 'the bucket of a remote (NAME=BUCKET[/FOLDER], or BUCKET for all); repeatable',
    importRemote: 'only this remote; repeatable',
    importSecrets: 'JSON file of mode 0600 with the secrets that a list names',
    importConcurrency: 'requests at once, 1 to 32 (default: 8)',
    importForms: `Fields of a list (the header of a .csv; an object for each entry of a .json or .yaml):
  name, and either url=s3://… or kind, serviceUrl, region, bucket, prefix, addressing, caFile; for files root, path
  its secret by reference: profile; secret (a name in --keys-file FILE); or accessKeyId or accessKeyIdEnv with
  secretAccessKeyEnv or secretAccessKeyFile, and sessionTokenEnv or sessionTokenFile. Without one: AWS_…
  databases: url=postgres://… or host, port, database, user, tlsMode, caFile; passwordEnv or passwordFile
Entries that are there already stay as they are, so the same command goes on where it was interrupted.
Exit status: 0 all are there, 1 some failed, 2 the file or the command is wrong.`,
    root_: 'directories of the migrators that file:// may name (administrators)',
    rootAdd: 'open a directory',
    rootList: 'list open directories',
    rootRm: 'close a directory; its files stay',
  },
  texts: {
    needsSecret: 'its secret is lost: smartant endpoint update',
    endpointSaved: (name: string) => `Endpoint ${name} is saved. Try it: smartant endpoint test ${name}`,
    endpointUpdated: (name: string) => `Endpoint ${name} has its new secret; running migrations take it within five minutes.`,
    endpointRemoved: (name: string) => `Endpoint ${name} is forgotten; its data was not touched.`,
    removeEndpoint: (name: string) => `Forget endpoint ${name} and its secret; its data stays.`,
    reachable: (name: string, ms: string) => `${name} answers in ${ms}.`,
    notReachable: (name: string) => `${name} cannot be used:`,
    imported: (name: string) => `${name}: saved`,
    importedAlready: (name: string) => `${name}: there is an endpoint of this name already`,
    bulk: {
      line: 'LINE',
      outcome: 'OUTCOME',
      name: 'NAME',
      outcomes: { created: 'created', new: 'new', unchanged: 'unchanged', failed: 'FAILED' },
      summary: (counts: { created: number; new: number; unchanged: number; failed: number }) =>
        `${counts.created} created, ${counts.new > 0 ? `${counts.new} would be created, ` : ''}${counts.unchanged} unchanged, ${counts.failed} failed.`,
    },
    skippedRemote: (name: string, why: string) => `${name}: skipped, ${why}`,
    rootAdded: (name: string, path: string) => `${path} is open to file endpoints as ${name}.`,
    rootNotHere: (path: string) => `Mind: ${path} is not a directory on this machine, where the server seems to run too.`,
    rootRemoved: (name: string) => `Root ${name} is closed; its files were not touched.`,
    removeRoot: (name: string) => `Close file root ${name}; its files stay.`,
  },
};
