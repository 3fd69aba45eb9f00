/** A password behind the name of a user in an address, whatever signs it has; a port is none. */
const PASSWORD = /(\b[a-z][\w+.-]*:\/+[^\s:@"/]*:)(?!\d+[/?#"]|\d+$)[^\s"]*@/gi;
/** Values in an address that let in whoever knows them, as those of addresses that are signed. */
const SECRET_VALUE =
  /([?&;][^\s=&;"]*(?:token|secret|password|passwd|pwd|signature|\bsig|credential|key|auth)[^\s=&;"]*=)[^\s&;"#]+/gi;

/** A message without the secrets of the addresses in it. */
export function maskSecrets(message: string): string {
  return message.replace(PASSWORD, '$1…@').replace(SECRET_VALUE, '$1…');
}
