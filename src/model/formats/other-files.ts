const ASCII = new TextDecoder('latin1');

/** Files that are often taken for models, by their first bytes, and what to do with them. */
const BY_FIRST_BYTES: readonly (readonly [first: string | readonly number[], what: string])[] = [
  ['PK\x03\x04', 'it is a zip archive (also .npz and the .pt of PyTorch are); unpack it first'],
  ['PK\x05\x06', 'it is an empty zip archive'],
  ['BZh', 'it is compressed by bzip2; unpack it first, with bunzip2'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 'it is compressed by xz; unpack it first, with unxz'],
  [[0x5d, 0, 0, 0x80, 0], 'it is compressed by LZMA; unpack it first, with unlzma'],
  [[0x04, 0x22, 0x4d, 0x18], 'it is compressed by lz4; unpack it first, with unlz4'],
  ['LZIP', 'it is compressed by lzip; unpack it first, with lzip -d'],
  [[0x1f, 0x9d], 'it is compressed by compress (.Z); unpack it first, with uncompress'],
  [[0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], 'it is a 7z archive; unpack it first'],
  ['Rar!', 'it is a RAR archive; unpack it first'],
  [[0x89, 0x48, 0x44, 0x46], 'it is HDF5; export it as word2vec text'],
  ['SQLite format 3\0', 'it is a database of SQLite (such as .magnitude); export its vectors as word2vec text'],
  [
    'version https://git-lfs.github.com/spec/',
    'it is a pointer of Git LFS, not the file itself; fetch that with "git lfs pull"',
  ],
  ['PAR1', 'it is Parquet; export its vectors as word2vec text'],
  ['ARROW1', 'it is Apache Arrow; export its vectors as word2vec text'],
  ['GGUF', 'it is GGUF, a language model; it holds no word vectors that can be read'],
  ['%PDF', 'it is a PDF document'],
  ['bplist', 'it is a property list of macOS'],
  ['ccopy_reg\n', 'it is a Python pickle; export it there, gensim with save_word2vec_format'],
  ['(dp', 'it is a Python pickle; export it there, gensim with save_word2vec_format'],
  [[0xff, 0xfe], 'it is text in UTF-16; convert it to UTF-8 first'],
  [[0xfe, 0xff], 'it is text in UTF-16; convert it to UTF-8 first'],
];

const TAR_MAGIC_OFFSET = 257;

/** What a file is that holds no model of a known format, and what to do with it; undefined if that is not known. */
export function describeOtherFile(start: Uint8Array): string | undefined {
  const known = BY_FIRST_BYTES.find(([first]) =>
    typeof first === 'string'
      ? ASCII.decode(start.subarray(0, first.length)) === first
      : start.length >= first.length && first.every((byte, i) => start[i] === byte),
  );
  if (known) return known[1];
  // Protocols 2 to 5 of pickle.
  if (start[0] === 0x80 && start[1] >= 2 && start[1] <= 5)
    return 'it is a Python pickle (the own format of gensim is one); export it there, gensim with save_word2vec_format';
  if (ASCII.decode(start.subarray(TAR_MAGIC_OFFSET, TAR_MAGIC_OFFSET + 5)) === 'ustar')
    return 'it is a tar archive; unpack it first, with tar -xf, and give the file or folder that it holds';
  return undefined;
}

/** Whether bytes hold no control characters but white space, which binary data has everywhere. */
export function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}
