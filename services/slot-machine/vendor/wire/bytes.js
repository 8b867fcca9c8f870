/**
 * What a text takes on the wire, in Node and in a browser.
 */
const UTF8 = new TextEncoder()

/** @param {string} text @returns {number} bytes of UTF-8. */
export const bytesOf = text => UTF8.encode(text).length
