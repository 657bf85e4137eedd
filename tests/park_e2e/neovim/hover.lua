-- One Neovim: a hover that must say SAYS; then it quits with the server running.
local bridged = dofile(os.getenv('HERE') .. '/bridged.lua')

bridged.run(function()
  bridged.start()
  bridged.open('main.go')
  local hover = bridged.ask('textDocument/hover', bridged.at('Greet("', 1))
  bridged.check('hover text', hover.contents.value:find(os.getenv('SAYS'), 1, true), hover)
end)
