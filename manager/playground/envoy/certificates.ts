import {generateKeyPair, type KeyObject, randomBytes, sign} from "node:crypto";
import {promisify} from "node:util";
import {bits, integer, octets, oid, sequence, setOf, tagged, utcTime, utf8, yes} from "./der.ts";

/** PEM texts. */
export interface Certificate {
  cert: string;
  key: string;
}

interface Subject {
  name: string;
  key: KeyObject;
  extensions: Buffer[];
}

const NAME = "meshlane playground";
const VALID_DAYS = 30;
const DAY = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/**
 * Issues certificates for mTLS between sidecars: ECDSA P-256, valid for 30 days, for servers and clients alike. Its key
 * never leaves this process.
 */
export class Authority {
  /** PEM. */
  readonly certificate: string;
  readonly #key: KeyObject;

  private constructor(certificate: string, key: KeyObject) {
    this.certificate = certificate;
    this.#key = key;
  }

  static async create(): Promise<Authority> {
    const {publicKey, privateKey} = await newKeys();
    const subject = {name: NAME, key: publicKey, extensions: authorityExtensions()};
    return new Authority(certificate(subject, {name: NAME, key: privateKey}), privateKey);
  }

  /**
   * @param name NAMESPACE/WORKLOAD; the only alternative name of the certificate is Istio's identity
   * `spiffe://cluster.local/ns/NAMESPACE/sa/WORKLOAD`
   */
  async issue(name: string): Promise<Certificate> {
    const extensions = leafExtensions(spiffeId(name));
    const {publicKey, privateKey} = await newKeys();
    const cert = certificate({name, key: publicKey, extensions}, {name: NAME, key: this.#key});
    return {cert, key: privateKey.export({type: "pkcs8", format: "pem"}).toString()};
  }
}

/** The identity of NAMESPACE/WORKLOAD. */
function spiffeId(name: string): string {
  const [namespace, workload, ...rest] = name.split("/");
  if (!namespace || !workload || rest.length > 0) {
    throw new Error(`certificate name "${name}": must be NAMESPACE/WORKLOAD`);
  }
  return `spiffe://cluster.local/ns/${namespace}/sa/${workload}`;
}

function newKeys(): Promise<{publicKey: KeyObject; privateKey: KeyObject}> {
  return promisify(generateKeyPair)("ec", {namedCurve: "P-256"});
}

/** RFC 5280, section 4.1. */
function certificate(subject: Subject, issuer: {name: string; key: KeyObject}): string {
  const now = Date.now();
  const body = sequence(
    tagged(0xa0, integer(Buffer.of(2))),
    integer(Buffer.concat([Buffer.of(1), randomBytes(15)])),
    ECDSA_WITH_SHA256,
    commonName(issuer.name),
    // Another clock may be a little behind this one.
    sequence(utcTime(new Date(now - DAY)), utcTime(new Date(now + VALID_DAYS * DAY))),
    commonName(subject.name.slice(0, 64)),
    subject.key.export({type: "spki", format: "der"}),
    tagged(0xa3, sequence(...subject.extensions)),
  );
  const signature = sign("sha256", body, {key: issuer.key, dsaEncoding: "der"});
  const der = sequence(body, ECDSA_WITH_SHA256, bits(signature)).toString("base64");
  return `-----BEGIN CERTIFICATE-----\n${der.replace(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}

function commonName(name: string): Buffer {
  return sequence(setOf(sequence(oid("2.5.4.3"), utf8(name))));
}

function authorityExtensions(): Buffer[] {
  const keyCertSign = bits(Buffer.of(0x04), 2);
  return [critical("2.5.29.19", sequence(yes)), critical("2.5.29.15", keyCertSign)];
}

function leafExtensions(identity: string): Buffer[] {
  const digitalSignature = bits(Buffer.of(0x80), 7);
  const serverAndClient = sequence(oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"));
  return [
    critical("2.5.29.19", sequence()),
    critical("2.5.29.15", digitalSignature),
    sequence(oid("2.5.29.37"), octets(serverAndClient)),
    sequence(oid("2.5.29.17"), octets(sequence(tagged(0x86, Buffer.from(identity))))),
  ];
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), yes, octets(value));
}
