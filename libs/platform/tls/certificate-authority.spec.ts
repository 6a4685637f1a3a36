import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ensureAuthority, issueCertificate, readTlsMaterial } from './index';

const folder = () => mkdtempSync(join(tmpdir(), 'smartant-tls-'));

describe('the certificate authority', () => {
  it('issues what mutual TLS accepts, and the server learns the common name', async () => {
    const dir = folder();
    const server = readTlsMaterial(await issueCertificate(dir, 'scheduler'));
    const client = readTlsMaterial(await issueCertificate(dir, 'storage-migrator'));
    const listener = createServer({ ...server, requestCert: true, rejectUnauthorized: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const port = (listener.address() as AddressInfo).port;
    const accepted = once(listener, 'secureConnection') as Promise<[TLSSocket]>;
    const socket = connect({ ...client, host: '127.0.0.1', port, servername: 'scheduler' });
    await once(socket, 'secureConnect');
    const [peer] = await accepted;
    expect(peer.getPeerCertificate().subject.CN).toBe('storage-migrator');
    expect(socket.authorized).toBe(true);
    peer.destroy();
    socket.destroy();
    listener.close();
  });

  it('names the service, localhost and the loopback addresses, with EC P-256', async () => {
    const { certFile } = await issueCertificate(folder(), 'scheduler');
    const certificate = new X509Certificate(readFileSync(certFile));
    for (const name of ['scheduler', 'localhost']) expect(certificate.checkHost(name)).toBeDefined();
    for (const address of ['127.0.0.1', '::1']) expect(certificate.checkIP(address)).toBeDefined();
    expect(certificate.checkHost('elsewhere')).toBeUndefined();
    expect(certificate.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('keeps everything private and changes nothing when asked again', async () => {
    const dir = folder();
    const first = await issueCertificate(dir, 'scheduler');
    const before = readTlsMaterial(first);
    expect(await issueCertificate(dir, 'scheduler')).toEqual(first);
    expect(readTlsMaterial(first)).toEqual(before);
    for (const path of [first.keyFile, first.certFile, join(dir, 'ca.key')]) expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('reissues certificates of an earlier authority, and files that are broken', async () => {
    const dir = folder();
    const { certFile, caFile } = await issueCertificate(dir, 'scheduler');
    const before = readFileSync(certFile, 'utf8');
    rmSync(caFile);
    await issueCertificate(dir, 'scheduler');
    const after = new X509Certificate(readFileSync(certFile));
    expect(after.toString()).not.toBe(before);
    expect(after.verify(new X509Certificate(readFileSync(caFile)).publicKey)).toBe(true);
    writeFileSync(certFile, 'half a fi');
    await issueCertificate(dir, 'scheduler');
    expect(new X509Certificate(readFileSync(certFile)).subject).toBe('CN=scheduler');
  });

  it('says which file is wrong', async () => {
    const dir = folder();
    await ensureAuthority(dir);
    writeFileSync(join(dir, 'ca.key'), 'nonsense');
    await expect(issueCertificate(dir, 'scheduler')).rejects.toMatchObject({ code: 'TLS_AUTHORITY_UNREADABLE' });
    expect(() => readTlsMaterial({ caFile: join(dir, 'no'), certFile: '', keyFile: '' })).toThrow(
      expect.objectContaining({ code: 'TLS_FILE_UNREADABLE' }),
    );
  });
});
