import { decode, encode, ExtensionCodec } from '@msgpack/msgpack';

// Typed arrays cross a WebSocket as bytes. Structured clone (message ports, process channels) carries them by itself.
const arrays = [Float32Array, Float64Array, Int32Array, Uint16Array] as const;
const codec = new ExtensionCodec();
arrays.forEach((ArrayType, type) => {
  codec.register({
    type,
    encode: (value) => (value instanceof ArrayType ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null),
    // A copy: Node's Buffer is a view of a pool, and its slice is another one.
    decode: (bytes) => new ArrayType(new Uint8Array(bytes).buffer),
  });
});

/** A message as bytes, for a WebSocket. */
export const pack = (message: unknown): Uint8Array<ArrayBuffer> => encode(message, { extensionCodec: codec, ignoreUndefined: true });

/** The message in `bytes`. @throws on bytes that are no message */
export const unpack = (bytes: Uint8Array): unknown => decode(bytes, { extensionCodec: codec, maxStrLength: 1 << 20, maxArrayLength: 1 << 20, maxMapLength: 1 << 16 });
