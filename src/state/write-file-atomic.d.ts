declare module 'write-file-atomic' {
  /** Without `data` the file is what `tmpfileCreated` wrote. */
  export default function writeFileAtomic(
    file: string,
    data: string | Uint8Array | null,
    options: { fsync?: boolean; mode?: number; tmpfileCreated?: (temporaryFile: string) => Promise<void> },
  ): Promise<void>;
}
