// Tells a browser under which name to save what it gets (RFC 6266).

/**
 * The value of `Content-Disposition` for a file of any name: in ASCII for old clients, and in UTF-8 (RFC 8187) where that differs.
 * Folders in the name are dropped, and so is what could end the header.
 * @example toContentDisposition('Årsrapport.csv') // attachment; filename="_rsrapport.csv"; filename*=UTF-8''%C3%85rsrapport.csv
 */
export function toContentDisposition(fileName: string): string {
  const name = (fileName.split(/[/\\]/).at(-1) ?? '').replace(/\p{Cc}/gu, '').toWellFormed()
  const ascii = name.replace(/[^ -~]/gu, '_').replace(/["%]/g, '_')
  const plain = `attachment; filename="${ascii}"`
  return ascii === name ? plain : `${plain}; filename*=UTF-8''${percentEncode(name)}`
}

/** `encodeURIComponent` leaves four characters that RFC 8187 does not allow. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
