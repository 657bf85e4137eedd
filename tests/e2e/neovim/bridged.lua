-- What the sessions of this folder share: Neovim with the bridge as its language server, in the present
-- directory. From run.sh: BRIDGE_COMMAND (the server's argv, one argument a line) and RESULT (a file: one
-- line a step, and how the server ended). The first step that fails ends the editor with exit code 1.
local bridged = { WAIT_MS = 60000 } -- bounds a wait that never ends

local result = assert(io.open(os.getenv('RESULT'), 'w'))
result:setvbuf('line')
local diagnostics = {} -- by file name

function bridged.note(...) result:write(table.concat({ ... }, ' '), '\n') end

function bridged.check(what, ok, detail)
  bridged.note(what, ok and 'ok' or 'FAILED: ' .. vim.inspect(detail))
  if not ok then vim.cmd('cquit 1') end
end

function bridged.wait(what, test, detail) bridged.check(what, vim.wait(bridged.WAIT_MS, test, 5), detail) end

function bridged.start()
  bridged.client_id = vim.lsp.start_client({
    cmd = vim.split(os.getenv('BRIDGE_COMMAND'), '\n'),
    root_dir = vim.fn.getcwd(),
    on_exit = function(code, signal)
      bridged.ended = true
      bridged.note('server ended: exit code', code, 'signal', signal)
    end,
    handlers = {
      ['textDocument/publishDiagnostics'] = function(_, params)
        diagnostics[vim.fn.fnamemodify(vim.uri_to_fname(params.uri), ':t')] = params.diagnostics
      end,
    },
  })
  bridged.check('start', bridged.client_id)
  bridged.wait('initialize', function()
    bridged.client = vim.lsp.get_client_by_id(bridged.client_id)
    return bridged.client ~= nil and bridged.client.server_capabilities ~= nil and bridged.client.initialized
  end)
end

function bridged.ask(method, params)
  local answer, failure = bridged.client.request_sync(method, params, bridged.WAIT_MS, 0)
  bridged.check(method, answer and not answer.err and answer.result, answer or failure)
  return answer.result
end

-- With `content_of`, the buffer is a new file that is not on disk, with that file's content.
function bridged.open(name, content_of)
  vim.cmd('edit ' .. name)
  vim.bo.filetype = 'go'
  if content_of then vim.api.nvim_buf_set_lines(0, 0, -1, true, vim.fn.readfile(content_of)) end
  bridged.check('attach ' .. name, vim.lsp.buf_attach_client(0, bridged.client_id))
end

-- The n-th occurrence of a word in the buffer, as LSP wants it (ASCII lines only).
function bridged.at(word, offset, n)
  for line, content in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
    local column = content:find(word, 1, true)
    if column then
      n = (n or 1) - 1
      if n == 0 then
        return {
          textDocument = { uri = vim.uri_from_bufnr(0) },
          position = { line = line - 1, character = column - 1 + offset },
        }
      end
    end
  end
  bridged.check('find ' .. word, false)
end

-- Waits until `test` holds for the last published diagnostics of the file.
function bridged.wait_diagnostics(what, name, test)
  bridged.wait(what, function() return diagnostics[name] ~= nil and test(diagnostics[name]) end, diagnostics)
end

function bridged.stop()
  bridged.client.stop()
  bridged.wait('stop', function() return bridged.ended end)
end

-- Runs the session, and leaves.
function bridged.run(session)
  local ok, failure = pcall(session)
  bridged.check('session', ok, failure)
  vim.cmd('quitall!')
end

return bridged
