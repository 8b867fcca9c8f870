/**
 * A few rules that find mistakes; types are the business of tsc.
 */
const NODE = ['process', 'Buffer', 'URL', 'fetch', 'performance', 'setTimeout', 'clearTimeout', 'setInterval',
  'clearInterval', 'setImmediate', 'clearImmediate', 'queueMicrotask', 'structuredClone', 'TextDecoder', 'TextEncoder',
  'AbortController', 'AbortSignal', 'globalThis', 'console']

const rules = {
  'no-undef': 'error',
  'no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
  'no-var': 'error',
  'prefer-const': 'error',
  eqeqeq: 'error',
  'no-console': 'error',
  'no-debugger': 'error',
  'no-fallthrough': 'error',
  'no-unreachable': 'error',
  'no-self-assign': 'error',
  'no-dupe-keys': 'error',
  'no-empty': ['error', { allowEmptyCatch: true }],
  'no-loss-of-precision': 'error',
  'no-promise-executor-return': ['error', { allowVoid: true }],
  'require-atomic-updates': 'off',
  'max-lines': ['error', 300]
}

export default [
  {
    files: ['**/*.js'],
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { globals: Object.fromEntries(NODE.map(name => [name, 'readonly'])) },
    rules
  },
  {
    files: ['bench/**/*.js'],
    rules: { 'no-console': 'off' }
  },
  {
    // The environment is read once, in main.js; everything else takes what it needs as an argument.
    files: ['src/**/*.js'],
    ignores: ['src/main.js', 'src/scenarios/heap.js'],
    rules: { 'no-restricted-properties': ['error', { object: 'process', property: 'env' }] }
  }
]
