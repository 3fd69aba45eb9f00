/** Whether a path is written as an address of a network, such as https://host/file or s3://bucket/file; C:\\file is none. */
export function isAddress(path: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(path);
}
