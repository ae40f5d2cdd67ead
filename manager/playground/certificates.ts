import {generateKeyPair, type KeyObject, randomBytes, sign} from "node:crypto";
import {promisify} from "node:util";
import {bits, integer, octets, oid, sequence, setOf, tagged, utcTime, utf8, yes} from "./der.ts";

/** PEM texts. */
export interface Certificate {
  cert: string;
  key: string;
}

export interface Certificates {
  /** PEM of the authority's certificate; its key is not kept. */
  ca: string;
  of: Map<string, Certificate>;
}

interface Subject {
  name: string;
  key: KeyObject;
  extensions: Buffer[];
}

const VALID_DAYS = 30;
const DAY = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/**
 * Certificates for mTLS between sidecars, from an authority thrown away at once: ECDSA P-256, valid for 30 days, for
 * servers and clients alike. A name is NAMESPACE/WORKLOAD; its certificate carries Istio's identity
 * `spiffe://cluster.local/ns/NAMESPACE/sa/WORKLOAD` as its only alternative name.
 */
export async function makeCertificates(names: string[]): Promise<Certificates> {
  const authority = await newKeys();
  const issuer = {name: "meshlane playground", key: authority.privateKey};
  const ca = certificate({name: issuer.name, key: authority.publicKey, extensions: authorityExtensions()}, issuer);
  const made = await Promise.all(
    names.map(async (name): Promise<[string, Certificate]> => {
      const keys = await newKeys();
      const cert = certificate({name, key: keys.publicKey, extensions: leafExtensions(spiffeId(name))}, issuer);
      return [name, {cert, key: keys.privateKey.export({type: "pkcs8", format: "pem"}).toString()}];
    }),
  );
  return {ca, of: new Map(made)};
}

/** The identity of NAMESPACE/WORKLOAD. */
export function spiffeId(name: string): string {
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
