/**
 * Reads JSON bodies, and refuses what is none in a sentence of ours.
 */
import express from 'express'

import { Problem } from '../crashkit/problem.js'
import { keepExact } from './exact-numbers.js'

/** @import { RequestHandler } from 'express' */

const MOST_KIB = 64
const METHODS = new Set(['POST', 'PUT', 'PATCH'])

const read = express.json({ limit: MOST_KIB * 1024, inflate: false, strict: false, reviver: keepExact })

/**
 * Read the body into `request.body`.
 *
 * @type {RequestHandler}
 */
export const jsonBody = (request, response, next) => {
  if (METHODS.has(request.method) && !request.is('application/json') && hasBody(request)) {
    const found = request.get('Content-Type') ?? 'none'
    throw new Problem(415, 'content-type', `The body must be application/json; found ${found.slice(0, 80)}`)
  }
  read(request, response, error => { next(error === undefined ? undefined : asProblem(error)) })
}

/** @param {import('express').Request} request */
function hasBody (request) {
  return request.get('Transfer-Encoding') !== undefined || Number(request.get('Content-Length') ?? 0) > 0
}

/**
 * @param {any} error as the parser of bodies makes it.
 * @returns {unknown} a refusal where the caller can mend it. It never repeats what was in the body.
 */
function asProblem (error) {
  switch (error?.type) {
    case 'entity.too.large':
      return new Problem(413, 'too-large', `The body is larger than ${MOST_KIB} KiB; send less`, { Connection: 'close' })
    case 'entity.parse.failed':
      return new Problem(400, 'json', 'The body is not JSON; look at its quotes, commas and braces')
    case 'encoding.unsupported':
    case 'charset.unsupported':
      return new Problem(415, 'content-type', 'The body must be UTF-8 and not compressed')
    case 'request.size.invalid':
    case 'request.aborted':
      return new Problem(400, 'request', 'The body ended before its Content-Length')
    default:
      return error
  }
}
